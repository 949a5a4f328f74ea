import type { NetworkReason } from '../../core/network/gateway.ts'
import type { GatewaySecret } from '../../core/network/secret.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { hostAndPort } from '../host-and-port.ts'
import type { Journal } from '../journal.ts'
import type { GatewayParts } from '../parts.ts'
import { askBriefly, type BriefAnswer } from './ask-briefly.ts'
import { type Challenge, readChallenge } from './challenge.ts'
import type { SecretRoute } from './secret-route.ts'
import { asksToken, catalogPath, repositoryIn } from './token-paths.ts'

type Found = Extract<SecretRoute, { kind: 'found' }>

/** What a request is sent with, in place of whatever the guest sent. */
export type Credential =
  | { readonly kind: 'header'; readonly name: string; readonly value: string; readonly hidden: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: NetworkReason }
  /** `why` is for who reads the answer. */
  | { readonly kind: 'failed'; readonly why: string }

/** https://distribution.github.io/distribution/spec/auth/token/#token-response-fields By hand: a gateway can read no package. */
interface Answer {
  readonly token?: string
  readonly access_token?: string
  readonly expires_in?: number
}

/** What a header takes, of a length at which it is found in nothing else. */
const tokenPattern = /^[\x21-\x7e]{8,16384}$/

interface Kept<Value> {
  readonly value: Promise<Value>
  until: number
}

/** A token that says nothing of its end holds for a minute; none is believed for longer than an hour. */
const seconds = { usual: 60, most: 3600, early: 10 }
/** The guest names the images, so it could ask for any number of tokens. */
const mostKept = 200

/**
 * Tokens that registries of images take in place of a secret, which is shown to who gives them and to nobody else
 * (https://distribution.github.io/distribution/spec/auth/token/). No guest has one.
 */
export class RegistryTokens {
  readonly #challenges = new Map<string, Kept<Challenge | null>>()
  readonly #tokens = new Map<string, Kept<Credential>>()
  /** Paths of the secret's own host, by its name. */
  readonly #realms = new Map<string, Set<string>>()
  readonly #parts: Pick<GatewayParts, 'journal' | 'trusted'>

  constructor(parts: Pick<GatewayParts, 'journal' | 'trusted'>) {
    this.#parts = parts
  }

  /** What the request is to be sent with. Never rejects. */
  async credentialFor({ secret, method, target }: Found): Promise<Credential> {
    const itself: Credential = { kind: 'header', ...secret.header, hidden: secret.hidden }
    const isOfRegistry = target.startsWith('/v2/')
    // Where it is sent itself, one that is for images alone is sent to nothing but images.
    if (!secret.tools.includes('docker') || (isOfRegistry && secret.tokenOrigins.length === 0)) return itself
    try {
      const challenge = await kept(this.#challenges, secret.name, () => this.#challengeOf(secret))
      if (challenge?.scheme === 'bearer') this.#learn(secret, challenge.realm)
      if (asksToken(method, target, this.#realms.get(secret.name))) return { kind: 'refused', reason: 'path-refused' }
      if (!isOfRegistry || challenge?.scheme !== 'bearer') return itself
      const scope = scopeOf(method, target)
      return await kept(this.#tokens, keyOf(secret, scope), () => this.#tokenFor(secret, challenge, scope))
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) }
    }
  }

  /** After an answer that says that the token is not good any more, and perhaps where to get one. */
  forget({ secret, method, target }: Found, challenge = ''): void {
    this.#tokens.delete(keyOf(secret, scopeOf(method, target)))
    const found = readChallenge(challenge.slice(0, 4096))
    if (found?.scheme === 'bearer') this.#learn(secret, found.realm)
  }

  /** Where the host of a secret gives tokens no guest may ask it, since it would be given them. */
  #learn({ name, origin }: GatewaySecret, realm: string): void {
    const url = URL.parse(realm, origin)
    const known = this.#realms.get(name) ?? new Set()
    if (url?.origin === origin && known.size < mostKept) this.#realms.set(name, known.add(url.pathname))
  }

  /** Without the secret: a registry says how it wants to be shown one before it is. Null where it wants none, and where there is no registry. */
  async #challengeOf({ origin }: GatewaySecret): Promise<Timed<Challenge | null>> {
    const { status, challenge } = await askBriefly(new URL(`${origin}/v2/`), null, this.#parts.trusted)
    if (status === 200 || status === 404) return { value: null, seconds: seconds.most }
    const found = status === 401 ? readChallenge(challenge.slice(0, 4096)) : undefined
    if (!found) throw new Error(`it answered ${status} in place of how it wants to be asked`)
    return { value: found, seconds: seconds.most }
  }

  async #tokenFor(
    secret: GatewaySecret,
    { realm, service }: Extract<Challenge, { scheme: 'bearer' }>,
    scope: string | null,
  ): Promise<Timed<Credential>> {
    const url = URL.parse(realm)
    const mayGive = url?.username === '' && url.password === '' && secret.tokenOrigins.includes(url.origin)
    if (!url || !mayGive) return { value: { kind: 'refused', reason: 'token-host-refused' }, seconds: 0 }
    if (service !== null) url.searchParams.set('service', service)
    if (scope !== null) url.searchParams.set('scope', scope)
    let answer: BriefAnswer | undefined
    try {
      answer = await askBriefly(url, secret.header.value, this.#parts.trusted)
      if (answer.status !== 200) throw new Error(`${url.host} answered ${answer.status} in place of a token for it`)
      return credentialIn(answer.text, secret)
    } catch (error) {
      throw new Error(`${url.host} gave no token for it: ${error instanceof Error ? error.message : error}`)
    } finally {
      note(this.#parts.journal, secret, url, answer)
    }
  }
}

/** @throws where it holds no token that could be sent; without a word of the text, which may repeat the secret. */
function credentialIn(text: string, { header, hidden }: GatewaySecret): Timed<Credential> {
  const { token, access_token, expires_in = seconds.usual } = parsed(text)
  const given = token ?? access_token ?? ''
  if (!tokenPattern.test(given)) throw new Error('what it gave is no token')
  const forms = [given, Buffer.from(given).toString('base64').replace(/=+$/, '')]
  return {
    value: { kind: 'header', name: header.name, value: `Bearer ${given}`, hidden: [...hidden, ...forms] },
    seconds: Math.min(expires_in, seconds.most) - seconds.early,
  }
}

function parsed(text: string): Answer {
  const answer = parsedJson(text)
  return isAnswer(answer) ? answer : {}
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false
  const { token = '', access_token = '', expires_in = 0 } = value as Record<string, unknown>
  return typeof token === 'string' && typeof access_token === 'string' && typeof expires_in === 'number'
}

function note(journal: Journal, { name }: GatewaySecret, url: URL, answer: BriefAnswer | undefined): void {
  journal.add({
    ...{ verdict: 'secret', ...hostAndPort(url), secret: name, method: 'GET' },
    ...{ status: answer?.status ?? null, up: 0, down: answer?.bytes ?? 0 },
  })
}

interface Timed<Value> {
  readonly value: Value
  /** How long it holds; not at all where it is not positive. */
  readonly seconds: number
}

/** Several who want the same at once wait for one answer; a failure is nobody's later. */
function kept<Value>(all: Map<string, Kept<Value>>, key: string, ask: () => Promise<Timed<Value>>): Promise<Value> {
  const found = all.get(key)
  if (found && performance.now() < found.until) return found.value
  const asked = ask()
  const entry: Kept<Value> = { value: asked.then(({ value }) => value), until: Number.POSITIVE_INFINITY }
  all.delete(key)
  all.set(key, entry)
  for (const oldest of all.keys()) {
    if (all.size <= mostKept) break
    all.delete(oldest)
  }
  asked.then(
    (timed) => {
      entry.until = performance.now() + timed.seconds * 1000
    },
    () => {
      if (all.get(key) === entry) all.delete(key)
    },
  )
  return entry.value
}

const keyOf = ({ name }: GatewaySecret, scope: string | null): string => `${name} ${scope ?? ''}`

/**
 * The least that a request needs (https://distribution.github.io/distribution/spec/auth/scope/), said by the gateway whatever the registry
 * or the guest would have. Null for what belongs to no repository.
 */
export function scopeOf(method: string, target: string): string | null {
  const [path = ''] = target.split('?', 1)
  if (path === catalogPath) return 'registry:catalog:*'
  const repository = repositoryIn(path)
  if (repository === undefined) return null
  const reads = method === 'GET' || method === 'HEAD'
  return `repository:${repository}:${reads ? 'pull' : method === 'DELETE' ? 'delete' : 'pull,push'}`
}
