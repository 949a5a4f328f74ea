import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { gitServer } from '../git/git-server.ts'
import { gitIn } from '../git/repositories.ts'

export const token = 'ghp_0123456789abcdefSECRET'
export const project = 'team/project'

/** A request at the forge, as it has it. */
export interface Kept {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly head: string
  readonly base: string
  /** It is of another project, that of somebody else. */
  readonly isOfFork?: true
  state: 'open' | 'closed' | 'merged'
  /** Of its branch, as far as it is known. */
  sha: string
}

interface Asked {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What a forge answers below its API; a text says why its description has no such request. */
export type Dialect = (asked: Asked, forge: ForgeState) => Promise<Answer | string>

/** What is said at a request, in any of the three ways that forges have. */
interface Said {
  readonly id: number
  readonly as: 'comment' | 'review' | 'line'
  readonly author: string
  readonly text: string
}

export interface ForgeState {
  readonly url: string
  readonly requests: Kept[]
  /** Of every commit, by their names. */
  readonly checks: Map<string, 'running' | 'passed' | 'failed'>
  readonly said: Said[]
  /** The commit of a branch; null where there is none. */
  readonly tip: (branch: string) => Promise<string | null>
  readonly open: (wish: Pick<Kept, 'title' | 'body' | 'head' | 'base'>) => Promise<Kept>
}

/** What the forge does in place of the next answer of its API: nothing of it, or all of it but the answer. */
export type Fault = (response: ServerResponse, act: () => Promise<unknown>) => Promise<void> | void

/**
 * A forge on the loopback with a real git remote over http. It refuses whatever its API's description does not have, and writes that down; it answers conditional requests,
 * and is as unkind as it is told to be.
 */
export async function forgeServer(root: string, dialect: Dialect, shows: (asked: IncomingMessage) => boolean) {
  const bare = join(root, 'remotes', `${project}.git`)
  await mkdir(bare, { recursive: true })
  await gitIn(bare, ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '.'])
  await gitIn(bare, ['config', 'http.receivepack', 'true'])
  const git = gitServer(join(root, 'remotes'))
  const violations: string[] = []
  const asked: string[] = []
  const users: string[] = []
  const faults: Fault[] = []
  const requests: Kept[] = []
  const tip = (branch: string) =>
    gitIn(bare, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]).catch(() => null)
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://forge')
    if (url.pathname.startsWith(`/${project}.git/`)) {
      const [user, shown] = basicOf(request.headers.authorization)
      if (shown !== token) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end()
        return
      }
      users.push(user)
      git(request, response)
      return
    }
    const body = await text(request)
    const act = async (): Promise<Answer> => {
      for (const kept of requests.filter(({ state }) => state === 'open')) {
        const now = await tip(kept.head)
        if (now === null)
          kept.state = 'closed' // As forges do when the branch is deleted.
        else kept.sha = now
      }
      if (!shows(request)) return { status: 401, body: { message: 'Bad credentials' } }
      const { method = '', headers } = request
      const answer = await dialect({ method, path: url.pathname, query: url.searchParams, headers, body }, state)
      if (typeof answer !== 'string') return answer
      violations.push(`${method} ${request.url}: ${answer}`)
      return { status: 400, body: { message: answer } }
    }
    asked.push(`${request.method} ${url.pathname}`)
    const fault = faults.shift()
    if (fault) {
      await fault(response, act)
      return
    }
    send(request, response, await act(), asked)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const state: ForgeState = {
    ...{ url, requests, tip, checks: new Map(), said: [] },
    open: async (wish) => {
      const kept: Kept = { ...wish, number: requests.length + 11, state: 'open', sha: (await tip(wish.head)) ?? '' }
      requests.unshift(kept)
      return kept
    },
  }
  return {
    bare,
    port: Number(new URL(url).port),
    remote: `${url}/${project}.git`,
    violations,
    asked,
    users,
    faults,
    ...state,
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer, asked: string[]): void {
  const { status, body, headers } = answer
  const bytes = JSON.stringify(body ?? null)
  const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`
  if (request.method === 'GET' && status === 200 && request.headers['if-none-match'] === etag) {
    asked.push('304')
    response.writeHead(304, { etag }).end()
    return
  }
  response
    .writeHead(status, { 'content-type': 'application/json', ...(status === 200 && { etag }), ...headers })
    .end(bytes)
}

const basicOf = (header = ''): readonly [string, string] => {
  const [, user = '', shown = ''] =
    /^([^:]*):(.*)$/.exec(Buffer.from(header.replace(/^Basic /, ''), 'base64').toString()) ?? []
  return [user, shown]
}

/** All of it happens, and the answer is lost. */
export const answerLost: Fault = async (response, act) => {
  await act()
  response.destroy()
}

export const answers =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = '<html>It is down</html>'): Fault =>
  (response) => {
    response.writeHead(status, headers).end(body)
  }
