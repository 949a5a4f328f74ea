import { z } from 'zod'
import { askForge, type ForgeAccess } from './ask-forge.ts'
import { checksOf, type ForgeClient, type SeenRequest, webAddress } from './forge-client.ts'

/** Of a merge request as GitLab's API describes it (https://docs.gitlab.com/api/merge_requests), what is used here. */
export const mergeRequestSchema = z.object({
  iid: z.int().positive(),
  web_url: webAddress,
  state: z.enum(['opened', 'closed', 'locked', 'merged']),
  source_branch: z.string(),
  /** Anybody can open one from a fork that has a branch of the same name. */
  source_project_id: z.int().nullable(),
  target_project_id: z.int(),
  sha: z.string().nullable(),
})

export function gitlabClient(access: ForgeAccess, project: string): ForgeClient {
  const requests = `/projects/${encodeURIComponent(project)}/merge_requests`
  return {
    find: async (branch, signal) => {
      const query = new URLSearchParams({ source_branch: branch, state: 'all', per_page: '100' })
      const schema = z.array(mergeRequestSchema)
      const found = await askForge(access, { method: 'GET', path: `${requests}?${query}` }, schema, signal)
      return found
        .filter((each) => each.source_branch === branch && each.source_project_id === each.target_project_id)
        .map(seen)
    },
    open: async ({ title, body: description, branch, target }, signal) => {
      const body = { title, description, source_branch: branch, target_branch: target }
      return seen(await askForge(access, { method: 'POST', path: requests, body }, mergeRequestSchema, signal))
    },
    look: async (number, signal) =>
      seen(await askForge(access, { method: 'GET', path: `${requests}/${number}` }, mergeRequestSchema, signal)),
    checks: async ({ number, commit }, signal) => {
      const path = `${requests}/${number}/pipelines?per_page=100`
      const all = await askForge(access, { method: 'GET', path }, pipelinesSchema, signal)
      // The newest one of the commit is what counts.
      const pipeline = all.filter(({ sha }) => sha === commit).toSorted((one, other) => other.id - one.id)[0]
      return checksOf(pipeline ? [{ name: `pipeline ${pipeline.id}`, passed: outcomes[pipeline.status] }] : [])
    },
    comments: async (number, signal) => {
      const path = `${requests}/${number}/notes?sort=desc&order_by=created_at&per_page=50`
      const notes = await askForge(access, { method: 'GET', path }, notesSchema, signal)
      return notes
        .filter(({ system }) => !system)
        .toReversed()
        .map(({ id, body, author, position }) => ({
          ...{ id: `note ${id}`, author: author.username, text: body, path: position?.new_path ?? null },
        }))
    },
  }
}

const pipelinesSchema = z.array(z.object({ id: z.int(), sha: z.string(), status: z.string() }))

/** What is not listed has not ended. */
const outcomes: Readonly<Record<string, boolean>> = { success: true, skipped: true, failed: false, canceled: false }

const notesSchema = z.array(
  z.object({
    id: z.int(),
    body: z.string(),
    author: z.object({ username: z.string() }),
    system: z.boolean(),
    position: z.object({ new_path: z.string().nullish() }).nullish(),
  }),
)

/** One that is locked is being merged at this moment. */
const seen = ({ iid, web_url, state, sha }: z.infer<typeof mergeRequestSchema>): SeenRequest => ({
  ...{ number: iid, url: web_url, commit: sha ?? '' },
  state: state === 'opened' || state === 'locked' ? 'open' : state,
})
