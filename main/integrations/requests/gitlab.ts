import { z } from 'zod'
import { askForge, type ForgeAccess } from './ask-forge.ts'
import { type ForgeClient, type SeenRequest, webAddress } from './forge-client.ts'

/** Of a merge request as GitLab's API describes it (https://docs.gitlab.com/api/merge_requests), what is used here. */
export const mergeRequestSchema = z.object({
  iid: z.int().positive(),
  web_url: webAddress,
  state: z.enum(['opened', 'closed', 'locked', 'merged']),
  source_branch: z.string(),
  sha: z.string().nullable(),
})

export function gitlabClient(access: ForgeAccess, project: string): ForgeClient {
  const requests = `/projects/${encodeURIComponent(project)}/merge_requests`
  return {
    find: async (branch, signal) => {
      const query = new URLSearchParams({ source_branch: branch, state: 'all', per_page: '100' })
      const schema = z.array(mergeRequestSchema)
      const found = await askForge(access, { method: 'GET', path: `${requests}?${query}` }, schema, signal)
      return found.filter((each) => each.source_branch === branch).map(seen)
    },
    open: async ({ title, body: description, branch, target }, signal) => {
      const body = { title, description, source_branch: branch, target_branch: target }
      return seen(await askForge(access, { method: 'POST', path: requests, body }, mergeRequestSchema, signal))
    },
    look: async (number, signal) =>
      seen(await askForge(access, { method: 'GET', path: `${requests}/${number}` }, mergeRequestSchema, signal)),
  }
}

/** One that is locked is being merged at this moment. */
const seen = ({ iid, web_url, state, sha }: z.infer<typeof mergeRequestSchema>): SeenRequest => ({
  ...{ number: iid, url: web_url, commit: sha ?? '' },
  state: state === 'opened' || state === 'locked' ? 'open' : state,
})
