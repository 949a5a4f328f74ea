import { lstat, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/failure.ts'
import { type SalvagedWork, taskRef } from '../../core/merge/merge.ts'
import { isShortage } from '../../lib/shortage.ts'
import { findSubmodule, type Gitlink, gitlinksOf } from '../clone/clone-submodules.ts'
import type { CloneSource } from '../clone/make-clone.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitOptions, utf8 } from '../process/git.ts'
import type { Told } from './bounded-notes.ts'

/** A repository whose work is salvaged, with its submodules. */
export interface SalvageOptions {
  /** The user's repository that receives the work. */
  readonly source: CloneSource
  readonly workspace: string
  readonly taskId: string
  readonly startCommit: string
  /** Host-only; it exists and is empty. */
  readonly scratch: string
  /** See `SaveOptions`. */
  readonly clonedIndex?: string | undefined
}

/** What is said of one submodule that was salvaged. */
type SalvagedModule = Pick<SalvagedWork, 'commit' | 'notes' | 'left'> & { readonly unsaved: boolean }

/**
 * Salvages each submodule that the start commit and the base have; `salvage` does one repository. `atStart` are those of the start commit.
 * @returns where each of those that have new commits stands now, by its path.
 */
export async function salvageSubmodules(
  options: SalvageOptions,
  {
    inReceiver,
    atStart,
    base,
    salvage,
  }: {
    readonly inReceiver: GitOptions
    readonly atStart: readonly Gitlink[]
    readonly base: string
    readonly salvage: (options: SalvageOptions, signal?: AbortSignal) => Promise<SalvagedModule>
  },
  { notes, unsaved }: Told,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const moved = new Map<string, string>()
  const { source, workspace, taskId } = options
  if (atStart.length === 0) return moved
  const atEnd = await gitlinksOf(inReceiver, base, signal)
  const kept = new Set(atEnd.map((link) => link.path))
  for (const [index, link] of atStart.entries()) {
    if (!kept.has(link.path) || !(await isOwnFolder(workspace, link))) continue
    const module = await findSubmodule(source, link, signal)
    if (!module) continue // The task had an empty folder there.
    const scratch = join(options.scratch, `submodule-${index}`)
    await mkdir(scratch, { mode: 0o700 })
    const inner = {
      source: module,
      workspace: join(workspace, utf8(link.path)),
      taskId,
      startCommit: link.commit,
      scratch,
    }
    const named = `Submodule ${shownPath(link.path)}`
    try {
      const salvaged = await salvage(inner, signal)
      if (salvaged.unsaved) unsaved.push(`${named}: some of its work is only in the clone`)
      notes.push(...salvaged.notes.map((note) => `${named}: ${note}`))
      if (salvaged.left) notes.push(`${named}: a ${salvaged.left.operation ?? 'conflict'} was left under way there`)
      if (salvaged.commit === link.commit) continue
      moved.set(link.path, salvaged.commit)
      notes.push(`${named}: its new commits wait at ${taskRef(taskId)} of that repository`)
    } catch (error) {
      signal?.throwIfAborted()
      if (isShortage(error)) throw error
      unsaved.push(`${named} could not be saved: ${reasonOf(error)}`)
    }
  }
  return moved
}

/** Whether the submodule's path leads through real folders only, to one with a repository in it. */
async function isOwnFolder(workspace: string, link: Gitlink): Promise<boolean> {
  const path = join(workspace, utf8(link.path))
  try {
    return (
      (await realpath(path)) === join(await realpath(workspace), utf8(link.path)) && !!(await lstat(join(path, '.git')))
    )
  } catch {
    return false // Gone, or no repository any more.
  }
}

const reasonOf = (error: unknown) => messageOf(error).slice(0, 300)
