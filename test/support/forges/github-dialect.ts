import type { components, operations } from '@octokit/openapi-types'
import type { Answer, Dialect, ForgeState, Kept } from './forge-server.ts'
import { project } from './forge-server.ts'

type Listing = NonNullable<operations['pulls/list']['parameters']['query']>
type Creation = operations['pulls/create']['requestBody']['content']['application/json']
type Pull = components['schemas']['pull-request']
/** Some of what the description has, and nothing else. */
type Some<Whole> = Whole extends object ? { readonly [Key in keyof Whole]?: Some<Whole[Key]> } : Whole

/** The compiler holds both tables against the description: they have all that it has, and nothing else. */
const listing: Readonly<Record<keyof Listing, RegExp>> = {
  state: /^(open|closed|all)$/,
  head: /^[^:]+:.+$/,
  base: /./,
  sort: /^(created|updated|popularity|long-running)$/,
  direction: /^(asc|desc)$/,
  per_page: /^([1-9]\d?|100)$/,
  page: /^[1-9]\d*$/,
}
const creation: Readonly<Record<keyof Creation, string>> = {
  ...{ title: 'string', head: 'string', head_repo: 'string', base: 'string', body: 'string' },
  ...{ maintainer_can_modify: 'boolean', draft: 'boolean', issue: 'number' },
}

/** A strict stand-in for the part of GitHub's REST API that pull requests are made of, held against the types of its published description. */
export const githubDialect: Dialect = async ({ method, path, query, headers, body }, forge) => {
  const pulls = `/api/v3/repos/${project}/pulls`
  if (headers['user-agent'] === undefined) return 'GitHub refuses requests without a user agent'
  if (headers.accept !== 'application/vnd.github+json') return 'GitHub recommends its own media type'
  if (headers['x-github-api-version'] !== '2022-11-28') return 'The version of the API is not named'
  if (method === 'GET' && path === pulls) {
    for (const [name, value] of query) {
      if (!(name in listing) || !listing[name as keyof Listing].test(value))
        return `no such parameter: ${name}=${value}`
    }
    const [owner, head] = (query.get('head') ?? '').split(/:(.*)/s)
    const state = query.get('state') ?? 'open'
    const found = forge.requests.filter(
      (each) =>
        (state === 'all' || (state === 'open') === (each.state === 'open')) &&
        (head === undefined || (owner === 'team' && each.head === head)),
    )
    return { status: 200, body: found.map((each) => pullOf(each, forge)) }
  }
  const number = new RegExp(`^${pulls}/(\\d+)$`).exec(path)?.[1]
  if (method === 'GET' && number !== undefined && query.size === 0) {
    const found = forge.requests.find((each) => each.number === Number(number))
    return found ? { status: 200, body: pullOf(found, forge) } : { status: 404, body: { message: 'Not Found' } }
  }
  if (method === 'GET' && query.toString() === 'per_page=50') {
    const found = await around(path.replace(`/api/v3/repos/${project}`, ''), forge)
    if (found !== undefined) return { status: 200, body: found }
  }
  if (method === 'POST' && path === pulls) return await create(headers['content-type'], body, forge)
  return 'no such operation'
}

const conclusions = { passed: 'success', failed: 'timed_out', running: null } as const

/** What is said of a commit and at a request, with fifty on a page. */
async function around(path: string, { checks, said }: ForgeState): Promise<unknown> {
  const of = (as: string) => said.filter((each) => each.as === as)
  const user = (login: string) => ({ login, id: 1 }) satisfies Some<components['schemas']['simple-user']>
  if (/^\/commits\/[0-9a-f]{40}\/check-runs$/.test(path)) {
    const runs = [...checks].map(([name, state]) => ({
      ...{ id: 1, name, conclusion: conclusions[state] },
      status: state === 'running' ? ('in_progress' as const) : ('completed' as const),
    })) satisfies Some<components['schemas']['check-run']>[]
    return { total_count: runs.length, check_runs: runs }
  }
  if (/^\/commits\/[0-9a-f]{40}\/status$/.test(path)) return { state: 'pending', total_count: 0, statuses: [] }
  if (/^\/issues\/\d+\/comments$/.test(path))
    return of('comment').map(
      ({ id, author, text }) =>
        ({ id, body: text, user: user(author) }) satisfies Some<components['schemas']['issue-comment']>,
    )
  if (/^\/pulls\/\d+\/reviews$/.test(path))
    return of('review').map(
      ({ id, author, text }) =>
        ({ id, body: text, state: 'CHANGES_REQUESTED', user: user(author) }) satisfies Some<
          components['schemas']['pull-request-review']
        >,
    )
  if (/^\/pulls\/\d+\/comments$/.test(path))
    return of('line').map(
      ({ id, author, text }) =>
        ({ id, body: text, path: 'a.txt', user: user(author) }) satisfies Some<
          components['schemas']['pull-request-review-comment']
        >,
    )
  return undefined
}

async function create(type: string | undefined, body: string, forge: ForgeState): Promise<Answer | string> {
  if (type !== 'application/json') return 'the body is no application/json'
  const wish = JSON.parse(body) as Creation
  for (const [name, value] of Object.entries(wish)) {
    if (!(name in creation) || typeof value !== creation[name as keyof Creation]) return `no such field: ${name}`
  }
  const { title, head, base, body: text = '' } = wish
  if (title === undefined || title === '' || head === undefined || base === undefined) return 'a field is missing'
  const refuse = (message: string): Answer => ({
    status: 422,
    body: { message: 'Validation Failed', errors: [{ resource: 'PullRequest', code: 'custom', message }] },
  })
  const [from, into] = [await forge.tip(head), await forge.tip(base)]
  if (from === null || into === null) return refuse('head or base is invalid')
  if (from === into) return refuse(`No commits between ${base} and ${head}`)
  if (forge.requests.some((each) => each.state === 'open' && each.head === head))
    return refuse(`A pull request already exists for team:${head}.`)
  return { status: 201, body: pullOf(await forge.open({ title, body: text, head, base }), forge) }
}

function pullOf({ number, title, body, state, head, base, sha }: Kept, { url }: ForgeState) {
  return {
    ...{ number, title, body, draft: false, locked: false },
    html_url: `${url}/${project}/pull/${number}`,
    state: state === 'open' ? 'open' : 'closed',
    merged_at: state === 'merged' ? '2026-11-30T12:00:00Z' : null,
    head: { ref: head, sha, label: `team:${head}` },
    base: { ref: base, label: `team:${base}` },
  } satisfies Some<Pull>
}
