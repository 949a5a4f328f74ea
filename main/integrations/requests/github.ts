import { z } from 'zod'
import { askForge, type ForgeAccess } from './ask-forge.ts'
import { type ForgeClient, type SeenRequest, webAddress } from './forge-client.ts'

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
  }
}

const seen = ({ number, html_url: url, state, merged_at, head }: z.infer<typeof pullSchema>): SeenRequest => ({
  ...{ number, url, commit: head.sha },
  state: merged_at === null ? state : 'merged',
})
