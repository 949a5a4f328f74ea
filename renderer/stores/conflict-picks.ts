import { create } from 'zustand'
import type { HunkPick, Resolution } from '../../main/core/merge/conflicts.ts'

/** A pick for each conflict of a file, in their order; null while there is none. */
export type Picks = readonly (HunkPick | null)[]

/** A file of a commit, as it was before a choice. */
export interface UndoStep {
  readonly file: string
  readonly picks: Picks | undefined
  readonly resolution: Resolution | null
}

interface Picking {
  /** What is picked so far, by file; kept while other files are looked at. */
  readonly byFile: Readonly<Record<string, Picks>>
  /** The newest last. */
  readonly steps: readonly UndoStep[]
}

const nothing: Picking = { byFile: {}, steps: [] }
/** Older choices are not undone one by one. */
const mostSteps = 200

export const usePicking = create<Picking>(() => nothing)

/** The name of a file here: the same path of another commit, or onto another branch, is another file. */
export const fileKey = (task: string, onto: string, commit: string, path: string): string =>
  JSON.stringify([task, onto, commit, path])

export const picksIn = (file: string): Picks | undefined => usePicking.getState().byFile[file]

export const setPicks = (file: string, picks: Picks | undefined): void =>
  usePicking.setState(({ byFile: { [file]: _, ...others } }) => ({
    byFile: picks === undefined ? others : { ...others, [file]: picks },
  }))

/** Keeps how the file is now, before a choice changes that. */
export const remember = (file: string, resolution: Resolution | null): void =>
  usePicking.setState(({ steps, byFile }) => ({
    steps: [...steps, { file, picks: byFile[file], resolution }].slice(-mostSteps),
  }))

export function takeStep(): UndoStep | undefined {
  const { steps } = usePicking.getState()
  usePicking.setState({ steps: steps.slice(0, -1) })
  return steps.at(-1)
}

export const forgetPicking = (): void => usePicking.setState(nothing)
