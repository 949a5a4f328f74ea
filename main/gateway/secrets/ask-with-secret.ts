import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { NetworkReason } from '../../core/network/gateway.ts'
import { type GatewaySecret, secretRouteUrl } from '../../core/network/secret.ts'
import { exchange } from '../exchange.ts'
import { framingOf } from '../framing.ts'
import { passedWithSecret } from '../headers.ts'
import { hostAndPort } from '../host-and-port.ts'
import { printableHost } from '../journal.ts'
import { openOnward } from '../open-onward.ts'
import type { GatewayParts } from '../parts.ts'
import { passAnswer } from '../pass-answer.ts'
import type { BodyBudget } from '../read-body.ts'
import { explain } from '../refusals.ts'
import { coveringTokens } from './cover-tokens.ts'
import { linksToRoute } from './links-to-route.ts'
import { misleadingParameter } from './misleading-parameters.ts'
import type { Credential, RegistryTokens } from './registry-tokens.ts'
import { type Replacement, replaceIn, replacing } from './replace-text.ts'
import { routedLink } from './routed-link.ts'
import type { SecretRoute } from './secret-route.ts'
import { repositoryIn } from './token-paths.ts'

type Refused = Extract<SecretRoute, { kind: 'refused' }>
type Found = Extract<SecretRoute, { kind: 'found' }>

type Shown = Extract<Credential, { kind: 'header' }>

const keptBack = ['set-cookie', 'content-encoding', 'accept-ranges', 'alt-svc'] as const

const bodiless: readonly string[] = ['GET', 'HEAD']

/**
 * Asks the host of a secret in the guest's place: a request that the gateway wrote, over TLS, with the secret in place of whatever the
 * guest sent. What the answer repeats of the secret is made unreadable. Never rejects.
 */
export async function askWithSecret(
  request: IncomingMessage,
  response: ServerResponse,
  route: Refused | Found,
  { budget, tokens }: { readonly budget: BodyBudget; readonly tokens: RegistryTokens },
  parts: GatewayParts,
): Promise<void> {
  const { journal, limits } = parts
  const destination = route.secret
    ? hostAndPort(new URL(route.secret.origin))
    : { host: printableHost(request.url ?? ''), port: 0 }
  const refuse = (reason: NetworkReason, status: number, text = explain(destination, reason)): void => {
    journal.add({ verdict: 'refused', ...destination, reason, ...(route.secret && { secret: route.secret.name }) })
    answer(response, status, text)
  }
  if (route.kind === 'refused') return refuse(route.reason, statuses[route.reason] ?? 403)
  const { secret, method } = route
  const framing = framingOf(request)
  if (framing.kind === 'ambiguous' || request.httpVersion !== '1.1') return refuse('malformed', 400)
  if (framing.kind !== 'none' && bodiless.includes(method)) return refuse('malformed', 400)
  const tooLarge = () => answer(response, 413, 'The body of this request is larger than the gateway of this task takes')
  if (framing.kind === 'sized' && framing.bytes > limits.bodyBytes) return tooLarge()
  try {
    using body = await budget.read(request)
    if (!body) return tooLarge()
    if (response.destroyed) return
    const { methods } = secret
    const misleads = misleadingParameter({ methods, target: route.target, headers: request.headers, body: body.bytes })
    if (misleads !== null) return refuse(misleads, statuses[misleads] ?? 403)
    const fail = (why: string) => answer(response, 502, `${destination.host} cannot be asked: ${why}`)
    const credential = await tokens.credentialFor(route)
    if (credential.kind === 'refused') return refuse(credential.reason, 403)
    if (credential.kind === 'failed') return fail(credential.why)
    if (response.destroyed) return
    const onward = openRequest(route, credential, request, body.bytes, parts)
    onward.once('finish', () => body[Symbol.dispose]())
    await exchange(onward, response, {
      idleMs: limits.idleMs,
      pass: (answered) => {
        if (answered.statusCode === 401) tokens.forget(route, answered.headers['www-authenticate'])
        const hidden = [...new Set([...credential.hidden, ...parts.secrets.flatMap((each) => each.hidden)])]
        return passWithout(route, hidden, answered, response)
      },
      fail,
      ended: (end) =>
        journal.add({ verdict: 'secret', ...destination, secret: secret.name, method, up: body.bytes.length, ...end }),
    })
  } catch {
    response.destroy() // The guest went away before it had said all.
  }
}

const statuses: Partial<Record<NetworkReason, number>> = { 'secret-unknown': 404, 'method-refused': 405 }

/** The whole request, with nothing in it that the guest could have framed. Its answer is to be one that can be read. */
function openRequest(
  { secret, method, target }: Found,
  { name, value }: Shown,
  { rawHeaders }: IncomingMessage,
  body: Buffer,
  { trusted }: GatewayParts,
): ClientRequest {
  const base = new URL(secret.origin)
  const onward = openOnward(base, {
    ...{ method, path: target, trusted },
    headers: [
      ...['Host', base.host, ...passedWithSecret(rawHeaders, name), 'Accept-Encoding', 'identity', name, value],
      ...(bodiless.includes(method) ? [] : ['Content-Length', String(body.length)]),
      ...['Connection', 'close'],
    ],
  })
  onward.end(bodiless.includes(method) ? undefined : body)
  return onward
}

/**
 * Gives the guest the answer with what is hidden made unreadable wherever it is repeated: the secret, and the others of its machine, which a host may keep. Cookies stay behind: what a server gives to one that
 * has shown the secret may stand for it. A redirect is the guest's own to follow: within the host by its route, elsewhere without it.
 */
function passWithout(
  { secret, target, method }: Found,
  hidden: readonly string[],
  answered: IncomingMessage,
  response: ServerResponse,
): boolean {
  const coding = answered.headers['content-encoding'] ?? 'identity'
  // It could not be read, and was asked for as it is.
  if (coding !== 'identity' || (answered.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked')
    return false
  const masks = hidden.map((text): Replacement => [text, '*'.repeat(text.length)])
  const route = { origin: secret.origin, url: secretRouteUrl(secret.name, `http://${gatewayOf(response)}`) }
  const isWhole = method === 'GET' && answered.statusCode === 200
  const links = isWhole ? linksToRoute(secret, { target, type: answered.headers['content-type'] ?? '' }, route) : null
  return passAnswer(answered, response, {
    // A guest that is told to show something has nothing to show: its registry had the secret.
    without: [
      ...keptBack,
      ...namesThatTell(hidden, answered),
      ...(secret.tokenOrigins.length > 0 ? ['www-authenticate'] : []),
    ],
    header: (value, name) =>
      replaceIn(name === 'location' ? routedLink(value, `${secret.origin}${target}`, route) : value, masks),
    body: [
      ...(links ? [links] : []),
      replacing(masks),
      ...(mayHoldTokens(secret, target, answered.headers['content-type']) ? [coveringTokens()] : []),
    ],
    changesLength: links !== null,
  })
}

/**
 * Whether an answer may be one to a wish for a token. What an API gives is the user's own choice; what images are made of is told by its hash, and no
 * package, commit or path of nix is JSON or text on its way. Servers that say no type send text as the latter.
 */
const mayHoldTokens = ({ tools }: GatewaySecret, target: string, type = ''): boolean =>
  tools.length > 0 && repositoryIn(target) === undefined && /^(?:$|[^;]*[/+]json\b|text\/plain\b)/i.test(type.trim())

/** Names of headers that a server made of the secret. */
const namesThatTell = (hidden: readonly string[], { headers }: IncomingMessage): readonly string[] =>
  Object.keys(headers).filter((name) => hidden.some((text) => name.includes(text.toLowerCase())))

/** As the guest has called it; a text of its own in its own answer. */
const gatewayOf = ({ req }: ServerResponse): string => printableHost(req.headers.host ?? '')

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const body = `${text}\n`
  const closes = status === 400 || status === 413
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
    ...(closes && { connection: 'close' }),
  })
  response.end(body)
}
