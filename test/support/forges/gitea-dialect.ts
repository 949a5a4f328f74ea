import type { Api, Comment, CreatePullRequestOption, PullRequest, PullReview, PullReviewComment, User } from 'gitea-js'
import { type Answer, type Dialect, type ForgeState, type Kept, project } from './forge-server.ts'

type Listing = NonNullable<Parameters<Api<unknown>['repos']['repoListPullRequests']>[2]>

/** The compiler holds both tables against what the client library was made of: they have all that it has, and nothing else. */
const listing: Readonly<Record<keyof Listing, RegExp>> = {
  state: /^(open|closed|all)$/,
  sort: /^(oldest|recentupdate|leastupdate|mostcomment|leastcomment|priority)$/,
  ...{ milestone: /^\d+$/, labels: /^\d+$/, poster: /./, page: /^[1-9]\d*$/, limit: /^\d+$/ },
}
const creation: Readonly<Record<keyof CreatePullRequestOption, string>> = {
  ...{ title: 'string', head: 'string', base: 'string', body: 'string', assignee: 'string', due_date: 'string' },
  ...{ assignees: 'object', labels: 'object', reviewers: 'object', team_reviewers: 'object', milestone: 'number' },
}
/** Fewer than it may be asked for, as its administrator can have it. */
const mostPerPage = 2

/** A strict stand-in for the part of the API of Gitea and Forgejo that pull requests are made of, held against the types of `gitea-js`, which are made of its description. */
export const giteaDialect: Dialect = async ({ method, path, query, headers, body }, forge) => {
  const pulls = `/api/v1/repos/${project}/pulls`
  if (method === 'GET' && path === pulls) {
    for (const [name, value] of query) {
      if (!(name in listing) || !listing[name as keyof Listing].test(value))
        return `no such parameter: ${name}=${value}`
    }
    const state = query.get('state') ?? 'open'
    const at = (Number(query.get('page') ?? 1) - 1) * mostPerPage
    const found = forge.requests
      .map((each) => pullOf(each, forge))
      .filter((each) => state === 'all' || each.state === state)
    return { status: 200, body: found.slice(at, at + mostPerPage) }
  }
  const index = new RegExp(`^${pulls}/(\\d+)$`).exec(path)?.[1]
  if (method === 'GET' && index !== undefined && query.size === 0) {
    const found = forge.requests.find((each) => each.number === Number(index))
    return found ? { status: 200, body: pullOf(found, forge) } : { status: 404, body: { message: 'not found' } }
  }
  if (method === 'GET') {
    const found = around(`${path.replace(`/api/v1/repos/${project}`, '')}?${query}`, forge)
    if (found !== undefined) return { status: 200, body: found }
  }
  if (method === 'POST' && path === pulls) return await create(headers['content-type'], body, forge)
  return 'no such operation'
}

/** What is said of a commit and at a request; comments on lines are below their review. */
function around(path: string, { checks, said }: ForgeState): unknown {
  const of = (as: string) => said.filter((each) => each.as === as)
  const words = { passed: 'success', failed: 'failure', running: 'pending' } as const
  if (/^\/commits\/[0-9a-f]{40}\/status\?$/.test(path)) {
    const statuses = [...checks].map(([context, state]) => ({ context, status: words[state] }))
    // As it answers where there are none.
    return { state: '', statuses: statuses.length === 0 ? null : statuses }
  }
  const user = (login: string) => ({ login }) satisfies User
  if (/^\/issues\/\d+\/comments\?$/.test(path))
    return of('comment').map(({ id, author, text }) => ({ id, body: text, user: user(author) }) satisfies Comment)
  if (/^\/pulls\/\d+\/reviews\?limit=50$/.test(path)) {
    const lines = of('line').length
    const known = of('review').map(
      ({ id, author, text }) =>
        ({
          ...{ id, body: text, state: 'REQUEST_CHANGES', comments_count: 0 },
          user: user(author),
        }) satisfies PullReview,
    )
    const alone = {
      id: 500,
      body: '',
      state: 'COMMENT',
      comments_count: lines,
      user: user('rita'),
    } satisfies PullReview
    return lines === 0 ? known : [...known, alone]
  }
  if (/^\/pulls\/\d+\/reviews\/500\/comments\?$/.test(path))
    return of('line').map(
      ({ id, author, text }) => ({ id, body: text, path: 'a.txt', user: user(author) }) satisfies PullReviewComment,
    )
  return undefined
}

async function create(type: string | undefined, body: string, forge: ForgeState): Promise<Answer | string> {
  if (type !== 'application/json') return 'the body is no application/json'
  const wish = JSON.parse(body) as CreatePullRequestOption
  for (const [name, value] of Object.entries(wish)) {
    if (!(name in creation) || typeof value !== creation[name as keyof CreatePullRequestOption])
      return `no such field: ${name}`
  }
  const { title = '', head = '', base = '', body: text = '' } = wish
  if (title === '') return { status: 422, body: { message: 'title is empty' } }
  if ((await forge.tip(head)) === null || (await forge.tip(base)) === null)
    return { status: 404, body: { message: 'The target could not be found.' } }
  if (forge.requests.some((each) => each.state === 'open' && each.head === head))
    return { status: 409, body: { message: 'pull request already exists for these targets' } }
  return { status: 201, body: pullOf(await forge.open({ title, body: text, head, base }), forge) }
}

function pullOf({ number, title, body, state, head, base, sha }: Kept, { url }: ForgeState) {
  return {
    ...{ id: number + 1000, number, title, body, merged: state === 'merged' },
    html_url: `${url}/${project}/pulls/${number}`,
    state: state === 'open' ? 'open' : 'closed',
    // When the branch is gone the ref is one of Gitea's own.
    head: { label: head, ref: state === 'open' ? head : `refs/pull/${number}/head`, sha, repo_id: 5 },
    base: { label: base, ref: base, sha: '', repo_id: 5 },
  } satisfies PullRequest
}
