import type {
  AllMergeRequestsOptions,
  CreateMergeRequestOptions,
  MergeRequestNoteSchema,
  MergeRequestSchema,
  PipelineSchema,
} from '@gitbeaker/core'
import { type Answer, type Dialect, type ForgeState, type Kept, project } from './forge-server.ts'

/** As the client library names them, which sends them with `_` before small letters. */
const listing: { readonly [Key in keyof AllMergeRequestsOptions | 'perPage' | 'page']?: RegExp } = {
  state: /^(opened|closed|locked|merged|all)$/,
  sourceBranch: /./,
  targetBranch: /./,
  perPage: /^([1-9]\d?|100)$/,
  page: /^[1-9]\d*$/,
}
const creation: { readonly [Key in keyof CreateMergeRequestOptions | 'sourceBranch' | 'targetBranch']?: string } = {
  ...{ sourceBranch: 'string', targetBranch: 'string', title: 'string', description: 'string' },
  ...{ removeSourceBranch: 'boolean', squash: 'boolean' },
}
const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** A strict stand-in for the part of GitLab's REST API that merge requests are made of, held against the types of the client library `@gitbeaker/core`. */
export const gitlabDialect: Dialect = async ({ method, path, query, headers, body }, forge) => {
  const requests = `/api/v4/projects/${encodeURIComponent(project)}/merge_requests`
  if (method === 'GET' && path === requests) {
    for (const [name, value] of query) {
      const rule = (listing as Readonly<Record<string, RegExp>>)[camel(name)]
      if (/[A-Z]/.test(name) || !rule?.test(value)) return `no such parameter: ${name}=${value}`
    }
    const state = query.get('state') ?? 'all'
    const found = forge.requests
      .map((each) => requestOf(each, forge))
      .filter((each) => state === 'all' || each.state === state)
      .filter((each) => [null, each.source_branch].includes(query.get('source_branch')))
    return { status: 200, body: found }
  }
  const iid = new RegExp(`^${requests}/(\\d+)$`).exec(path)?.[1]
  if (method === 'GET' && iid !== undefined && query.size === 0) {
    const found = forge.requests.find((each) => each.number === Number(iid))
    return found ? { status: 200, body: requestOf(found, forge) } : { status: 404, body: { message: '404 Not found' } }
  }
  const below = new RegExp(`^${requests}/(\\d+)/(pipelines|notes)$`).exec(path)
  if (method === 'GET' && below?.[2] === 'pipelines' && query.toString() === 'per_page=100') {
    const sha = forge.requests.find(({ number }) => number === Number(below[1]))?.sha ?? ''
    const pipelines = [...forge.checks.values()].map((state, index) => ({
      ...{ id: index + 70, sha, status: ({ passed: 'success', failed: 'failed', running: 'running' } as const)[state] },
    })) satisfies Partial<PipelineSchema>[]
    return { status: 200, body: pipelines.toReversed() }
  }
  if (method === 'GET' && below?.[2] === 'notes' && query.toString() === 'sort=desc&order_by=created_at&per_page=50') {
    const notes = forge.said.map(({ id, author, text, as }) => ({
      ...{ id, body: text, system: false, author: { username: author } },
      ...(as === 'line' && { position: { new_path: 'a.txt' } }),
    }))
    const own = { id: 1, body: 'added 1 commit', system: true, author: { username: 'me' } }
    const held: readonly Pick<MergeRequestNoteSchema, 'id' | 'body' | 'system'>[] = [...notes.toReversed(), own]
    return { status: 200, body: held }
  }
  if (method === 'POST' && path === requests) return await create(headers['content-type'], body, forge)
  return 'no such operation'
}

async function create(type: string | undefined, body: string, forge: ForgeState): Promise<Answer | string> {
  if (type !== 'application/json') return 'the body is no application/json'
  const wish = JSON.parse(body) as Readonly<Record<string, string>>
  for (const [name, value] of Object.entries(wish)) {
    const kind = (creation as Readonly<Record<string, string>>)[camel(name)]
    if (/[A-Z]/.test(name) || typeof value !== kind) return `no such field: ${name}`
  }
  const { title, source_branch: head, target_branch: base, description: text = '' } = wish
  if (!title || head === undefined || base === undefined) return { status: 400, body: { error: 'title is missing' } }
  if ((await forge.tip(head)) === null || (await forge.tip(base)) === null)
    return { status: 400, body: { message: { source_branch: ['does not exist'] } } }
  const other = forge.requests.find((each) => each.state === 'open' && each.head === head)
  if (other)
    return {
      status: 409,
      body: { message: [`Another open merge request already exists for this source branch: !${other.number}`] },
    }
  return { status: 201, body: requestOf(await forge.open({ title, body: text, head, base }), forge) }
}

function requestOf({ number, title, body, state, head, base, sha, isOfFork }: Kept, { url }: ForgeState) {
  return {
    ...{ id: number + 1000, iid: number, title, description: body, sha, source_branch: head, target_branch: base },
    ...{ source_project_id: isOfFork ? 666 : 1, target_project_id: 1 },
    state: state === 'open' ? 'opened' : state,
    web_url: `${url}/${project}/-/merge_requests/${number}`,
    merged_at: state === 'merged' ? '2026-11-30T12:00:00.000Z' : null,
  } satisfies Partial<MergeRequestSchema>
}
