import { AppError, failureText, toFailure } from '../../core/failure.ts'
import type { Choice, ConflictText, FileConflict, Resolution } from '../../core/merge/conflicts.ts'
import { printOf } from '../../core/merge/conflicts.ts'
import type { Settle } from '../merge/replay-commits.ts'
import type { GitOptions } from '../process/git.ts'
import { objectSizes } from '../process/read-objects.ts'
import { fileConflicts, type LocatedConflict } from './file-conflicts.ts'
import { openChunks, type Placed, placeFile, treeOfPlaced } from './settle-files.ts'

/** A file that did not merge, and what was chosen for it. */
interface FileState {
  readonly conflict: FileConflict
  readonly resolution: Resolution | null
}

/** Answers a replay's stops by choices made before, and remembers what it was asked. */
export interface Settler {
  readonly settle: Settle
  /** By commit, in the order of the stops. */
  readonly stops: ReadonlyMap<string, readonly FileState[]>
  /** Why the choices of the last stop cannot be had; null when they can, or some are still to be made. */
  problem(): string | null
  /** Set when the replay came by the file that was to be opened. */
  opened(): ConflictText | undefined
}

/** A choice holds only for the very sides that it was made for. */
export function createSettler(
  choices: readonly Choice[],
  open?: { readonly commit: string; readonly path: string },
): Settler {
  const stops = new Map<string, readonly FileState[]>()
  let opened: ConflictText | undefined
  let problem: string | null = null
  const settle: Settle = async (stop, call, signal) => {
    const files = (await fileConflicts(stop, call, signal)).map((conflict) => ({
      conflict,
      resolution: choices.find((choice) => appliesTo(choice, stop.id, conflict))?.resolution ?? null,
    }))
    stops.set(
      stop.id,
      files.map(({ conflict: { rawPath: _, ...conflict }, resolution }) => ({ conflict, resolution })),
    )
    const wanted = stop.id === open?.commit && files.find(({ conflict }) => conflict.path === open.path)
    if (wanted) opened = await openFile(wanted.conflict, call, signal)
    try {
      const placed: Placed[] = []
      for (const { conflict, resolution } of files)
        if (resolution) placed.push(await placeFile({ conflict, resolution }, call, signal))
      // git may say that a merge stopped and name no file: nothing can be chosen then.
      if (files.length === 0 || placed.length < files.length) return null
      return await treeOfPlaced(stop.collision, placed, call, signal)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      problem = failureText(toFailure(error))
      return null
    }
  }
  return { settle, stops, problem: () => problem, opened: () => opened }
}

export const appliesTo = (choice: Choice, commit: string, { path, sides }: FileConflict): boolean =>
  choice.commit === commit && choice.path === path && choice.print === printOf(sides)

async function openFile(conflict: LocatedConflict, call: GitOptions, signal?: AbortSignal): Promise<ConflictText> {
  const { content, sides } = conflict
  if (content === 'text' || content === 'too-large') {
    const { chunks, encoding } = await openChunks(conflict, call, signal)
    const shown = chunks
      .filter(({ kind }) => content === 'text' || kind === 'conflict')
      .map((chunk) =>
        chunk.kind === 'merged'
          ? { ...chunk, text: decode(chunk.text, encoding) }
          : {
              kind: chunk.kind,
              base: decode(chunk.base, encoding),
              ours: decode(chunk.ours, encoding),
              theirs: decode(chunk.theirs, encoding),
            },
      )
    return { kind: content, encoding, chunks: shown }
  }
  const ids = [sides.base, sides.ours, sides.theirs].flatMap((side) => (side ? [side.id] : []))
  const sizes = await objectSizes(call, ids, signal)
  const bytes = (side: (typeof sides)['base']) => (side ? (sizes.get(side.id) ?? 0) : null)
  return {
    kind: content,
    bytes: { base: bytes(sides.base), ours: bytes(sides.ours), theirs: bytes(sides.theirs) },
  }
}

const decode = (latin1: string, encoding: 'utf8' | 'latin1') => Buffer.from(latin1, 'latin1').toString(encoding)
