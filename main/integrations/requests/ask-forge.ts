import { z } from 'zod'
import { cut } from '../../core/cut.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { scrubText } from '../../lib/guest/scrub.ts'
import { whyFetchFailed } from '../../lib/http/why-fetch-failed.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { ForgeRefusal } from './forge-refusal.ts'
import { waitWanted } from './wait-wanted.ts'

/** How one forge is spoken to. */
export interface ForgeAccess {
  /** Of its API, without a slash at the end. */
  readonly api: string
  /** With the credential. */
  readonly headers: Readonly<Record<string, string>>
  /** What no message may hold. */
  readonly hidden: readonly string[]
  /** What GET was answered before, by its URL: it is asked for again only where it has changed. */
  readonly seen: Map<string, { readonly etag: string; readonly value: unknown }>
}

export interface ForgeQuestion {
  readonly method: 'GET' | 'POST'
  /** With its query, from the API's address on. */
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
}

const answerMs = 30_000
const answerBytes = 16 * 1024 ** 2
const mostSeen = 1_000

/**
 * Asks a forge once, and resolves with its answer as the schema has it. What it answers is what strangers wrote: so many bytes of it are read, and what
 * the schema does not name is dropped. A redirect is no answer: it would carry the credential to another address.
 * @throws ForgeRefusal for anything but success; the signal's reason.
 */
export async function askForge<Answer>(
  { api, headers, hidden, seen }: ForgeAccess,
  { method, path, body }: ForgeQuestion,
  schema: z.ZodType<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  const url = `${api}${path}`
  const before = method === 'GET' ? seen.get(url) : undefined
  const response = await send(url, {
    method,
    headers: {
      ...{ 'user-agent': 'microvm-orchestrator', accept: 'application/json', ...headers },
      ...(body && { 'content-type': 'application/json' }),
      ...(before && { 'if-none-match': before.etag }),
    },
    ...(body && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw new ForgeRefusal(`${new URL(api).host} cannot be reached (${whyFetchFailed(error)})`)
  })
  const { status, text } = response
  if (status === 304 && before) return parsed(before.value, schema, api)
  const value = parsedJson(text)
  if (status < 200 || status > 299) {
    const said = messageSchema.safeParse(value).data
    const words = hidden.reduce(scrubText, JSON.stringify(said?.errors ?? said?.message ?? said?.error ?? ''))
    const why = words === '""' ? '' : `: ${visibleLine(cut(words, saidLimit))}`
    const moved =
      status >= 300 && status < 400 ? '. It is somewhere else now: microvm-orchestrator pull-requests set' : ''
    throw new ForgeRefusal(`${new URL(api).host} answered ${status}${moved}${why}`, {
      status,
      notBefore: waitWanted(status, response.headers, Date.now()),
    })
  }
  const answer = parsed(value, schema, api)
  const etag = response.headers.get('etag')
  if (method === 'GET' && etag !== null) remember(seen, url, { etag, value: answer })
  return answer
}

const saidLimit = 300
const messageSchema = z.looseObject({ message: z.unknown(), error: z.unknown(), errors: z.unknown() }).partial()

async function send(url: string, init: RequestInit): Promise<{ status: number; headers: Headers; text: string }> {
  const { status, headers, body } = await fetch(url, init)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > answerBytes) throw new Error(`it answered more than ${answerBytes} bytes`)
    chunks.push(chunk)
  }
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') }
}

function parsed<Answer>(value: unknown, schema: z.ZodType<Answer>, api: string): Answer {
  const { success, data } = schema.safeParse(value)
  if (success) return data
  throw new ForgeRefusal(`${new URL(api).host} answered something that its API does not say`)
}

function remember(seen: ForgeAccess['seen'], url: string, answer: { etag: string; value: unknown }): void {
  seen.delete(url)
  seen.set(url, answer)
  const [oldest] = seen.keys()
  if (seen.size > mostSeen && oldest !== undefined) seen.delete(oldest)
}
