import { z } from 'zod'
import { askForge, type ForgeAccess } from './ask-forge.ts'
import { type ForgeClient, type SeenRequest, webAddress } from './forge-client.ts'

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
  }
}

const seen = ({ number, html_url: url, state, merged, head }: z.infer<typeof giteaPullSchema>): SeenRequest => ({
  ...{ number, url, commit: head.sha },
  state: merged ? 'merged' : state,
})
