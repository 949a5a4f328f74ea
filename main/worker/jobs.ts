import type { PathList } from '../core/bounded-list.ts'
import type { Selection } from '../core/merge/merge.ts'
import { findNeeds } from '../environment/find-needs.ts'
import type { Range } from '../git/changes/list-changes.ts'
import { readSubjects } from '../git/changes/read-subjects.ts'
import { findUnusualPaths } from '../git/changes/unusual-paths.ts'
import { inspectConflicts } from '../git/conflicts/inspect-conflicts.ts'
import { expandSelection } from '../git/merge/expand-selection.ts'
import { findMerge } from '../git/merge/find-earlier-merge.ts'
import { landPrepared } from '../git/merge/land-prepared.ts'
import { mergeWork } from '../git/merge/merge-work.ts'
import { notContained } from '../git/merge/not-contained.ts'
import { prepareLanding } from '../git/merge/prepare-landing.ts'
import { importWork } from '../git/salvage/import-work.ts'
import { readLivingClone } from '../git/salvage/read-living-clone.ts'
import { readToldClone } from '../git/salvage/read-told-clone.ts'
import { salvageWork } from '../git/salvage/salvage-work.ts'
import { findHeldPaths } from '../git/self-running/find-held-paths.ts'
import { findMarkersIn } from '../git/survey/find-markers.ts'
import { keepStream } from './keep-stream.ts'
import { changesInRange, commitOfWork, diffInRange, diffOfWork, lookAtWork } from './look-at-work.ts'
import { readCommands } from './read-commands.ts'
import { readInterruption } from './read-interruption.ts'
import { readPatch } from './read-patch.ts'
import { readResult } from './read-result.ts'

/**
 * All that is done with what a guest left, by name. Each takes plain data and answers plain data or null, since both go through a
 * pipe; the signal fires when no one waits for the answer any more.
 */
export const jobs = {
  'read-result': ({ share, secret }: { readonly share: string; readonly secret: string }) => readResult(share, secret),
  'keep-stream': keepStream,
  'read-commands': readCommands,
  'read-interruption': ({ share }: { readonly share: string }) => readInterruption(share),
  salvage: salvageWork,
  'import-work': importWork,
  merge: mergeWork,
  'prepare-landing': prepareLanding,
  'land-prepared': landPrepared,
  'find-merge': async (input: Parameters<typeof findMerge>[0], signal?: AbortSignal) =>
    (await findMerge(input, signal)) ?? null,
  'find-markers': findMarkersIn,
  'not-contained': notContained,
  'held-paths': (
    { range, edits }: { readonly range: Range; readonly edits: readonly string[] },
    signal?: AbortSignal,
  ): Promise<PathList> => findHeldPaths(range, edits, signal),
  look: lookAtWork,
  'diff-of-work': diffOfWork,
  'commit-of-work': commitOfWork,
  changes: changesInRange,
  diff: diffInRange,
  'living-clone': readLivingClone,
  'told-clone': readToldClone,
  patch: readPatch,
  'unusual-paths': findUnusualPaths,
  conflicts: async (input: Parameters<typeof inspectConflicts>[0], signal?: AbortSignal) => {
    const { view, opened } = await inspectConflicts(input, signal)
    return { view, opened: opened ?? null }
  },
  'find-needs': findNeeds,
  subjects: (
    { repoPath, ...range }: { readonly repoPath: string; readonly from: string; readonly to: string },
    signal?: AbortSignal,
  ) => readSubjects(repoPath, range, signal),
  'expand-selection': async (
    { work, selection }: { readonly work: Parameters<typeof expandSelection>[0]; readonly selection: Selection },
    signal?: AbortSignal,
  ) => (await expandSelection(work, selection, signal)) ?? null,
} as const

export type JobName = keyof typeof jobs
export type JobInput<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0]
export type JobOutput<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>
