import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { IJob } from 'kubernetes-models/batch/v1'
import { WebSocketServer } from 'ws'
import { labels } from '../../../../main/fleet/kubernetes/job-manifest.ts'
import { runOrThrow } from '../../../../main/lib/processes/spawn.ts'
import type { KubeCluster } from './kube-cluster.ts'
import { execIn, execProtocol } from './kube-exec.ts'
import { checked, isSelected, type Status, statusBody } from './kube-objects.ts'

export const apiToken = 'token-of-the-user'
const namespace = 'team'

/** What the next requests meet. */
interface Unkindness {
  /** So many are answered 429, with a time to wait. */
  busy: number
  /** The token is known no more. */
  isExpired: boolean
  /** So many answers to a further page are 410 Gone. */
  expiredPages: number
  /** Jobs are refused with this. */
  refusal: Status | undefined
  /** The answer to the next Job that is taken does not come. */
  losesAnswer: boolean
}

/** An API server for a cluster, of what this project asks for and nothing else: whatever else is asked is a fault of ours, and is kept in `faults`. */
export interface KubeApi extends AsyncDisposable {
  readonly url: string
  /** What its certificate is checked by, PEM. */
  readonly authority: string
  readonly unkind: Unkindness
  readonly faults: readonly string[]
  /** All that was asked, with what came along. */
  readonly asked: readonly string[]
  /** Cuts every connection into a pod. */
  cutExec(): void
}

export async function startKubeApi(cluster: KubeCluster, folder: string): Promise<KubeApi> {
  const [key, cert] = await makeCertificate(folder)
  const unkind: Unkindness = { busy: 0, isExpired: false, expiredPages: 0, refusal: undefined, losesAnswer: false }
  const faults: string[] = []
  const asked: string[] = []
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(execProtocol) ? execProtocol : false),
  })
  const server = createServer({ key, cert }, (request, response) => {
    answer(request)
      .catch((error: unknown): Answer => {
        if (error instanceof Refused)
          return { code: error.status.code, body: statusBody(error.status), headers: error.headers }
        faults.push(`${request.method} ${request.url}: ${error}`)
        return { code: 500, body: statusBody({ code: 500, reason: 'InternalError', message: String(error) }) }
      })
      .then((answered) => send(response, answered))
  })

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const body = await text(request)
    asked.push(`${request.method} ${request.url} ${body}`)
    requireUser(request)
    const url = new URL(request.url ?? '', 'http://api')
    const found = discovery[url.pathname]
    if (request.method === 'GET' && found) return { code: 200, body: found }
    return await ofNamespace(request.method ?? '', url, body)
  }

  const requireUser = ({ headers }: IncomingMessage): void => {
    if (unkind.isExpired || headers.authorization !== `Bearer ${apiToken}`)
      throw new Refused({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
    if (unkind.busy > 0) {
      unkind.busy -= 1
      const details = { retryAfterSeconds: 1 }
      throw new Refused(
        { code: 429, reason: 'TooManyRequests', message: 'Too many requests', details },
        { 'retry-after': '1' },
      )
    }
  }

  const ofNamespace = async (method: string, url: URL, body: string): Promise<Answer> => {
    const [, group, kind, name, sub] =
      new RegExp(`^/(api/v1|apis/batch/v1)/namespaces/${namespace}/(\\w+)(?:/([^/]+))?(?:/(\\w+))?$`).exec(
        url.pathname,
      ) ?? []
    const query = url.searchParams
    switch (`${method} ${group} ${kind}${name === undefined ? '' : ' NAME'}${sub === undefined ? '' : ` ${sub}`}`) {
      case 'POST apis/batch/v1 jobs':
        return createJob(query, body)
      case 'GET apis/batch/v1 jobs':
        return list('JobList', 'batch/v1', [...cluster.jobs.values()], query)
      case 'GET api/v1 pods':
        return list('PodList', 'v1', cluster.pods, query)
      case 'GET api/v1 events':
        return listEvents(query)
      case 'GET api/v1 pods NAME': {
        const pod = cluster.pod(name ?? '')
        if (!pod) throw notFound('pods', name ?? '')
        return { code: 200, body: checked('Pod', pod) as object }
      }
      case 'GET api/v1 pods NAME log':
        return logOf(query, name)
      case 'DELETE apis/batch/v1 jobs':
      case 'DELETE apis/batch/v1 jobs NAME':
        return deleteJobs(query, name)
      default:
        throw new Error('Nothing that this project asks for')
    }
  }

  const logOf = (query: URLSearchParams, name = ''): Answer => {
    if (!(Number(query.get('limitBytes')) > 0)) throw new Error('A log without an end was asked for')
    return { code: 200, body: cluster.logs.get(name) ?? '' }
  }

  const deleteJobs = (query: URLSearchParams, name: string | undefined): Answer => {
    if (!['Foreground', 'Background'].includes(query.get('propagationPolicy') ?? ''))
      throw new Error('Pods would be left')
    if (name === undefined && !query.get('labelSelector')) throw new Error('All jobs would be deleted')
    const count = cluster.deleteJobs(query.get('labelSelector'), name)
    if (name !== undefined && count === 0) throw notFound('jobs.batch', name)
    return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } }
  }

  const createJob = async (query: URLSearchParams, body: string): Promise<Answer> => {
    if (query.get('fieldValidation') !== 'Strict') throw new Error('Fields that are not known would be dropped')
    const job = JSON.parse(body) as IJob
    checked('Job', job)
    requireSafe(job)
    if (unkind.refusal) throw new Refused(unkind.refusal)
    const name = job.metadata?.name ?? ''
    if (cluster.jobs.has(name))
      throw new Refused({ code: 409, reason: 'AlreadyExists', message: `jobs.batch "${name}" already exists` })
    cluster.create(job)
    if (unkind.losesAnswer) {
      unkind.losesAnswer = false
      throw new Refused({ code: 504, reason: 'Timeout', message: 'The answer was lost' })
    }
    return { code: 201, body: checked('Job', cluster.jobs.get(name)) as object }
  }

  const list = (
    kind: 'JobList' | 'PodList',
    apiVersion: string,
    all: readonly Named[],
    query: URLSearchParams,
  ): Answer => {
    if (!query.get('labelSelector')) throw new Error('What is of others would be listed')
    return page(
      kind,
      apiVersion,
      all.filter(({ metadata }) => isSelected(metadata?.labels, query.get('labelSelector'))),
      query,
    )
  }

  const listEvents = (query: URLSearchParams): Answer => {
    if (query.get('fieldSelector') !== 'involvedObject.kind=Job,reason=FailedCreate')
      throw new Error('All events would be listed')
    return page('EventList', 'v1', cluster.events, query)
  }

  /** A page has one item, however many were asked for: whoever does not ask for the next sees it. */
  const page = (
    kind: 'JobList' | 'PodList' | 'EventList',
    apiVersion: string,
    items: readonly unknown[],
    query: URLSearchParams,
  ): Answer => {
    if (!(Number(query.get('limit')) > 0)) throw new Error('A list without an end was asked for')
    const from = Number(query.get('continue') ?? 0)
    if (from > 0 && unkind.expiredPages > 0) {
      unkind.expiredPages -= 1
      throw new Refused({ code: 410, reason: 'Expired', message: 'The provided continue parameter is too old' })
    }
    const metadata = { resourceVersion: '1', ...(from + 1 < items.length && { continue: String(from + 1) }) }
    return {
      code: 200,
      body: checked(kind, { kind, apiVersion, metadata, items: items.slice(from, from + 1) }) as object,
    }
  }

  server.on('upgrade', (request, socket, head) => {
    asked.push(`${request.method} ${request.url}`)
    const refuse = (code: number, why: string): void =>
      void socket.end(`HTTP/1.1 ${code} ${why}\r\ncontent-length: 0\r\n\r\n`)
    const url = new URL(request.url ?? '', 'http://api')
    const [, name = ''] = new RegExp(`^/api/v1/namespaces/${namespace}/pods/([^/]+)/exec$`).exec(url.pathname) ?? []
    if (unkind.isExpired || request.headers.authorization !== `Bearer ${apiToken}`) return refuse(401, 'Unauthorized')
    const [pod, running] = [cluster.pod(name), cluster.running(name)]
    if (!pod || url.searchParams.get('container') !== pod.spec?.containers[0]?.name) return refuse(404, 'Not Found')
    if (!running) return refuse(400, 'Bad Request') // A container that has ended, or a node that does not answer.
    const words = cluster.atNode(running.node, pod, url.searchParams.getAll('command'))
    sockets.handleUpgrade(request, socket, head, (open) => execIn(open, words, { HOME: running.node.folder }))
  })

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...{ url: `https://127.0.0.1:${port}`, authority: cert, unkind, faults, asked },
    cutExec: () => {
      for (const socket of sockets.clients) socket.terminate()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** kubectl sends no token over a connection that is not encrypted. */
async function makeCertificate(folder: string): Promise<readonly [string, string]> {
  const [key, cert] = ['api.key', 'api.crt'].map((name) => join(folder, name)) as [string, string]
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=api', '-addext', 'subjectAltName=IP:127.0.0.1']
  await runOrThrow('openssl', ['req', ...made, ...names, '-keyout', key, '-out', cert])
  return [await readFile(key, 'utf8'), await readFile(cert, 'utf8')]
}

interface Named {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
}

interface Answer {
  readonly code: number
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

class Refused extends Error {
  readonly status: Status
  readonly headers: Readonly<Record<string, string>>

  constructor(status: Status, headers: Readonly<Record<string, string>> = {}) {
    super(status.message)
    this.status = status
    this.headers = headers
  }
}

const notFound = (kind: string, name: string): Refused =>
  new Refused({ code: 404, reason: 'NotFound', message: `${kind} "${name}" not found` })

function send(response: ServerResponse, { code, body, headers = {} }: Answer): void {
  const isText = typeof body === 'string'
  response.writeHead(code, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

/** What an administrator would want of each pod. */
function requireSafe({ metadata, spec }: IJob): void {
  const { template, backoffLimit, ttlSecondsAfterFinished, activeDeadlineSeconds } = spec ?? {}
  const pod = template?.spec
  if (backoffLimit !== 0 || pod?.restartPolicy !== 'Never') throw new Error('The job would be begun anew')
  if (pod.automountServiceAccountToken !== false) throw new Error('The pod would have a token')
  if (!ttlSecondsAfterFinished || !pod.activeDeadlineSeconds) throw new Error('The job would stay for ever')
  if (metadata?.labels?.[labels.seat] && activeDeadlineSeconds)
    throw new Error('The job would end because its pod waits for long')
  if (JSON.stringify(metadata?.labels) !== JSON.stringify(template?.metadata?.labels))
    throw new Error('The pod would not be found')
}

const resource = (name: string, kind: string, verbs: readonly string[]) => ({
  name,
  singularName: '',
  namespaced: true,
  kind,
  verbs,
})

/** What kubectl asks for to know what a pod is. */
const discovery: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '32', gitVersion: 'v1.32.4' },
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [
      {
        name: 'batch',
        versions: [{ groupVersion: 'batch/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'batch/v1', version: 'v1' },
      },
    ],
  },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [resource('pods', 'Pod', ['get', 'list']), resource('pods/exec', 'PodExecOptions', ['create', 'get'])],
  },
  '/apis/batch/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'batch/v1',
    resources: [resource('jobs', 'Job', ['create', 'delete', 'deletecollection', 'list'])],
  },
}
