import { messageOf } from '../../../core/failure.ts'

/** A server that sends nothing for so long is taken for stuck. */
export const usualStallMs = 30_000

/**
 * What is to be done about it: ask for the rest, from the beginning, or not again, either because the server does not give the file or
 * because what it gives is another one.
 */
type Remedy = 'go-on' | 'begin-again' | 'not-given' | 'other-file'

/** Why a transfer brought not all that it should. */
export class TransferError extends Error {
  override readonly name = 'TransferError'
  readonly remedy: Remedy

  constructor(remedy: Remedy, message: string, cause?: unknown) {
    super(message, { cause })
    this.remedy = remedy
  }
}

interface BodyRequest {
  readonly url: string
  /** How many bytes are there already. */
  readonly from: number
  /** Of the whole file, where that is known. */
  readonly bytes: number | undefined
  readonly stallMs: number
}

interface Body {
  /** To be read to the end, or left early. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** The place of its first byte in the file: where it was asked to begin, or 0. */
  readonly from: number
}

/** Worth another try: too many requests, timeouts, and what servers and their proxies say of themselves. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * Asks for a file from the given byte on; redirections are followed. A server that begins elsewhere than it was asked, or speaks of
 * another length, has another file.
 * @throws TransferError
 */
export async function requestBody({ url, from, bytes, stallMs }: BodyRequest, signal?: AbortSignal): Promise<Body> {
  const stall = new AbortController()
  const expire = () => stall.abort(new TransferError('go-on', `nothing came for ${Math.round(stallMs / 1000)} s`))
  let timer = setTimeout(expire, stallMs)
  const limit = signal ? AbortSignal.any([signal, stall.signal]) : stall.signal
  let response: Response
  try {
    const headers = { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) }
    response = await fetch(url, { headers, signal: limit })
  } catch (error) {
    clearTimeout(timer)
    throw passing(error)
  }
  try {
    const begins = placeOf(response, from, bytes)
    const { body: web } = response
    if (web === null) throw new TransferError('go-on', 'the answer is empty')
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of web as unknown as AsyncIterable<Uint8Array>) {
          clearTimeout(timer)
          yield chunk
          timer = setTimeout(expire, stallMs)
        }
      } catch (error) {
        throw passing(error)
      } finally {
        clearTimeout(timer)
      }
    }
    return { chunks: chunks(), from: begins }
  } catch (error) {
    clearTimeout(timer)
    await response.body?.cancel()
    throw error
  }
}

/** Where the answer begins in the file. @throws TransferError when it is not of this file. Pure. */
function placeOf({ status, headers }: Response, asked: number, bytes: number | undefined): number {
  const isPlain = headers.get('content-encoding') === null
  if (status === 206 && asked > 0) {
    const range = headers.get('content-range') ?? ''
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? []
    if (isPlain && Number(start) === asked && (total === '*' || Number(total) === bytes)) return asked
    throw new TransferError('begin-again', `the server was asked for byte ${asked} of ${bytes} and gave '${range}'`)
  }
  if (status === 200) {
    const length = headers.get('content-length')
    if (length === null || !isPlain || bytes === undefined || Number(length) === bytes) return 0
    throw new TransferError('other-file', `it has ${length} bytes in place of ${bytes}`)
  }
  if (status === 416) throw new TransferError('begin-again', `the server has no byte ${asked}`)
  throw new TransferError(isPassing(status) ? 'go-on' : 'not-given', `the server answered ${status}`)
}

/** What `fetch` rejects with says why in its cause alone. */
function passing(error: unknown): TransferError {
  if (error instanceof TransferError) return error
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new TransferError('go-on', messageOf(reason), error)
}
