import type { Failure } from '../../main/core/failure.ts'
import type { Reply } from '../../preload/contract.ts'
import type { ConsolePiece } from '../../preload/task-details.ts'

/** Where a console's bytes are shown. `write` resolves when they are: the next piece is not asked for before. */
export interface ConsoleSink {
  write(bytes: Uint8Array): Promise<void>
  /** What was shown belongs to nothing that comes. */
  clear(): void
}

export interface FeedState {
  /** The first byte that is shown; what is before it is in the file. */
  readonly from: number
  /** Behind the last byte that is shown. */
  readonly at: number
  /** Of the file, as last told. */
  readonly size: number
  readonly ended: boolean
  readonly failure: Failure | null
}

export type ReadConsole = (
  range: { readonly offset: number; readonly limit: number; readonly wait: boolean },
  signal: AbortSignal,
) => Promise<Reply<'readConsole'>>

const pieceBytes = 64 * 1024
/** What is shown of a file that is longer, and what is left out when the window falls behind further than `behindBytes`. */
export const tailBytes = 512 * 1024
export const behindBytes = 4 * 1024 * 1024

/**
 * Shows a console from its last half MiB on, as it grows, until the signal fires or the machine is off. One request at a time: the host keeps
 * what the window has no time for, and a window that falls far behind goes on at the end.
 * `gate` resolves when the next piece may be shown: that is how a reader pauses.
 */
export async function feedConsole(
  read: ReadConsole,
  sink: ConsoleSink,
  gate: () => Promise<void>,
  tell: (state: FeedState) => void,
  signal: AbortSignal,
): Promise<void> {
  const first = await read({ offset: 0, limit: 1, wait: false }, signal)
  if (signal.aborted) return
  if (!first.ok) return tell({ from: 0, at: 0, size: 0, ended: false, failure: first.failure })
  let state = beginAt(first.value)
  tell(state)
  while (!signal.aborted) {
    const reply = await read({ offset: state.at, limit: pieceBytes, wait: true }, signal)
    if (signal.aborted) return
    if (!reply.ok) return tell({ ...state, failure: reply.failure })
    const piece = reply.value
    const bytes = bytesOf(piece)
    tell({ ...state, size: piece.size })
    if (piece.offset < state.at) {
      // Started over: what was shown is another file by now.
      sink.clear()
      state = beginAt(piece)
      continue
    }
    if (bytes.length > 0) {
      await gate()
      if (signal.aborted) return
      await sink.write(bytes)
    }
    state = { ...state, at: piece.offset + bytes.length, size: piece.size, ended: piece.ended }
    if (piece.size - state.at > behindBytes) {
      sink.clear()
      state = { ...beginAt(piece), ended: piece.ended }
    }
    tell(state)
    if (piece.ended && state.at >= piece.size) return
  }
}

const beginAt = ({ size, ended }: ConsolePiece): FeedState => {
  const from = Math.max(0, size - tailBytes)
  return { from, at: from, size, ended: ended && size === 0, failure: null }
}

function bytesOf({ data }: Pick<ConsolePiece, 'data'>): Uint8Array<ArrayBuffer> {
  const binary = atob(data)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}

/**
 * All bytes of a range, piece by piece. Shorter than asked for when the file is.
 * @throws Failure of the host, as it is.
 */
export async function readRange(
  read: ReadConsole,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for (let at = from; at < to && !signal.aborted; ) {
    const reply = await read({ offset: at, limit: Math.min(pieceBytes, to - at), wait: false }, signal)
    if (!reply.ok) throw reply.failure
    const bytes = bytesOf(reply.value)
    if (bytes.length === 0 || reply.value.offset !== at) break
    pieces.push(bytes)
    at += bytes.length
  }
  return pieces
}
