import { z } from 'zod'
import { askForge, type ForgeAccess } from './ask-forge.ts'
import { type CommentSeen, checksOf, type ForgeClient, type SeenRequest, webAddress } from './forge-client.ts'

/** Of a pull request as the API of Gitea and Forgejo describes it (`/swagger.v1.json` of each), what is used here. */
const giteaPullSchema = z.object({
  number: z.int().positive(),
  html_url: webAddress,
  state: z.enum(['open', 'closed']),
  merged: z.boolean(),
  // The label is the branch, also when that is gone.
  head: z.object({ label: z.string(), sha: z.string(), repo_id: z.int() }),
  base: z.object({ repo_id: z.int() }),
})

const perPage = 50
/** It cannot be asked for the requests of one branch: so many are looked through, those that changed last first. */
const mostPages = 4

/** Gitea and Forgejo. */
export function giteaClient(access: ForgeAccess, project: string): ForgeClient {
  const pulls = `/repos/${project}/pulls`
  return {
    find: async (branch, signal) => {
      const found: z.infer<typeof giteaPullSchema>[] = []
      for (let page = 1; page <= mostPages; page += 1) {
        const query = new URLSearchParams({
          ...{ state: 'all', sort: 'recentupdate', limit: String(perPage), page: String(page) },
        })
        const path = `${pulls}?${query}`
        const all = await askForge(access, { method: 'GET', path }, z.array(giteaPullSchema), signal)
        found.push(...all.filter(({ head, base }) => head.label === branch && head.repo_id === base.repo_id))
        // A server may give fewer than it was asked for.
        if (all.length === 0) break
      }
      return found.toSorted((one, other) => other.number - one.number).map(seen)
    },
    open: async ({ title, body, branch, target }, signal) => {
      const wish = { title, body, head: branch, base: target }
      return seen(await askForge(access, { method: 'POST', path: pulls, body: wish }, giteaPullSchema, signal))
    },
    look: async (number, signal) =>
      seen(await askForge(access, { method: 'GET', path: `${pulls}/${number}` }, giteaPullSchema, signal)),
    checks: async ({ commit }, signal) => {
      const path = `/repos/${project}/commits/${commit}/status`
      const { statuses } = await askForge(access, { method: 'GET', path }, statusSchema, signal)
      return checksOf(
        (statuses ?? []).map(({ context, status }) => ({
          name: context,
          passed:
            status === 'pending' ? undefined : status === 'success' || status === 'warning' || status === 'skipped',
        })),
      )
    },
    comments: async (number, signal) => {
      const get = <Answer>(path: string, schema: z.ZodType<Answer>) =>
        askForge(access, { method: 'GET', path }, schema, signal)
      const comments = await get(`/repos/${project}/issues/${number}/comments`, z.array(commentSchema))
      const reviews = await get(`${pulls}/${number}/reviews?limit=${perPage}`, z.array(reviewSchema))
      const lines: CommentSeen[] = []
      for (const { id } of reviews.filter((each) => each.comments_count > 0).slice(-mostReviews)) {
        const all = await get(`${pulls}/${number}/reviews/${id}/comments`, z.array(lineSchema))
        lines.push(...all.map((each) => ({ ...commentOf('line', each), path: each.path })))
      }
      return [
        ...comments.map((each) => commentOf('comment', each)),
        ...reviews
          .filter(({ body, state }) => body !== '' || state === 'APPROVED' || state === 'REQUEST_CHANGES')
          .map((each) => ({
            ...commentOf('review', each),
            text: `${each.state.toLowerCase().replaceAll('_', ' ')}: ${each.body}`,
          })),
        ...lines,
      ].slice(-mostComments)
    },
  }
}

/** Of so many reviews, the newest, what they say of lines is asked for. */
const mostReviews = 10
const mostComments = 300

const statusSchema = z.object({ statuses: z.array(z.object({ context: z.string(), status: z.string() })).nullable() })
const commentSchema = z.object({ id: z.int(), body: z.string(), user: z.object({ login: z.string() }).nullable() })
const reviewSchema = commentSchema.extend({ state: z.string(), comments_count: z.int() })
const lineSchema = commentSchema.extend({ path: z.string() })

const commentOf = (kind: string, { id, body, user }: z.infer<typeof commentSchema>): CommentSeen => ({
  ...{ id: `${kind} ${id}`, author: user?.login ?? 'somebody', text: body, path: null },
})

const seen = ({ number, html_url: url, state, merged, head }: z.infer<typeof giteaPullSchema>): SeenRequest => ({
  ...{ number, url, commit: head.sha },
  state: merged ? 'merged' : state,
})
