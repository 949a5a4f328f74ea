import { z } from 'zod'
import { askForge, type ForgeAccess, type ForgeQuestion } from './ask-forge.ts'
import { type CommentSeen, checksOf, type ForgeClient, type SeenRequest, webAddress } from './forge-client.ts'

/** Of a pull request as GitHub's API describes it (https://docs.github.com/rest/pulls), what is used here. */
export const pullSchema = z.object({
  number: z.int().positive(),
  html_url: webAddress,
  state: z.enum(['open', 'closed']),
  merged_at: z.string().nullable(),
  head: z.object({ ref: z.string(), sha: z.string() }),
})

/** GitHub, and GitHub Enterprise. */
export function githubClient(access: ForgeAccess, project: string): ForgeClient {
  const pulls = `/repos/${project}/pulls`
  const [owner = ''] = project.split('/')
  return {
    find: async (branch, signal) => {
      const query = new URLSearchParams({ head: `${owner}:${branch}`, state: 'all', per_page: '100' })
      const found = await askForge(access, { method: 'GET', path: `${pulls}?${query}` }, z.array(pullSchema), signal)
      return found.filter(({ head }) => head.ref === branch).map(seen)
    },
    open: async ({ title, body, branch, target }, signal) => {
      const wish = { title, body, head: branch, base: target }
      return seen(await askForge(access, { method: 'POST', path: pulls, body: wish }, pullSchema, signal))
    },
    look: async (number, signal) =>
      seen(await askForge(access, { method: 'GET', path: `${pulls}/${number}` }, pullSchema, signal)),
    checks: async ({ commit }, signal) => {
      const path = `/repos/${project}/commits/${commit}`
      const { check_runs } = await askForge(access, list(`${path}/check-runs`), checkRunsSchema, signal)
      const { statuses } = await askForge(access, list(`${path}/status`), statusSchema, signal)
      return checksOf([
        ...check_runs.map(({ name, status, conclusion }) => ({
          name,
          passed: status !== 'completed' || conclusion === null ? undefined : passing.has(conclusion),
        })),
        ...statuses.map(({ context, state }) => ({
          name: context,
          passed: state === 'pending' ? undefined : state === 'success',
        })),
      ])
    },
    comments: async (number, signal) => {
      const comments = await askForge(access, list(`/repos/${project}/issues/${number}/comments`), said, signal)
      const reviews = await askForge(access, list(`${pulls}/${number}/reviews`), reviewsSchema, signal)
      const lines = await askForge(access, list(`${pulls}/${number}/comments`), lineComments, signal)
      return [
        ...comments.map((each) => commentOf('comment', each)),
        ...reviews
          .filter(({ body, state }) => (body ?? '') !== '' || state !== 'COMMENTED')
          .map((each) => ({
            ...commentOf('review', each),
            text: `${each.state.toLowerCase().replaceAll('_', ' ')}: ${each.body ?? ''}`,
          })),
        ...lines.map((each) => ({ ...commentOf('line', each), path: each.path })),
      ]
    },
  }
}

const list = (path: string): ForgeQuestion => ({ method: 'GET', path: `${path}?per_page=50` })

/** Conclusions after which GitHub itself lets a request be merged. */
const passing = new Set(['success', 'neutral', 'skipped'])

const user = z.object({ login: z.string() }).nullable()
const checkRunsSchema = z.object({
  check_runs: z.array(z.object({ name: z.string(), status: z.string(), conclusion: z.string().nullable() })),
})
const statusSchema = z.object({ statuses: z.array(z.object({ context: z.string(), state: z.string() })) })
const comment = { id: z.int(), user }
const said = z.array(z.object({ ...comment, body: z.string().optional() }))
const reviewsSchema = z.array(z.object({ ...comment, body: z.string().nullish(), state: z.string() }))
const lineComments = z.array(z.object({ ...comment, body: z.string(), path: z.string() }))

const commentOf = (
  kind: string,
  { id, user, body }: { id: number; user: { login: string } | null; body?: string | null | undefined },
): CommentSeen => ({ id: `${kind} ${id}`, author: user?.login ?? 'somebody', text: body ?? '', path: null })

const seen = ({ number, html_url: url, state, merged_at, head }: z.infer<typeof pullSchema>): SeenRequest => ({
  ...{ number, url, commit: head.sha },
  state: merged_at === null ? state : 'merged',
})
