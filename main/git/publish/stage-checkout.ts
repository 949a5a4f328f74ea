import { constants } from 'node:fs'
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import type { TreeChanges } from '../changes/tree-changes.ts'
import { isForStandsAs } from '../merge/checkout-matches.ts'
import { type GitOptions, gitQuickly, utf8 } from '../process/git.ts'
import type { Checkout } from '../repository/branch-state.ts'
import type { PublishFolder } from './journal.ts'
import { isChangedByPath } from './whole-index.ts'

/** A git that takes the folder of staged files for the work tree, and the next index for its index. */
export const onStaged = (user: GitOptions, checkout: Checkout, folder: PublishFolder): GitOptions => ({
  ...user,
  cwd: folder.staged,
  env: { ...user.env, GIT_DIR: checkout.gitDirectory, GIT_WORK_TREE: folder.staged, GIT_INDEX_FILE: folder.index },
})

export interface StageRequest {
  readonly checkout: Checkout
  readonly objectFormat: 'sha1' | 'sha256'
  readonly index: string
  readonly folder: PublishFolder
  readonly from: string
  readonly to: string
  readonly changes: TreeChanges
  /** Whether index and files at the paths that change are plainly those of the commit that is left. */
  readonly stands: Promise<boolean>
}

/**
 * Has git write what changes, and only that, to an empty folder in place of the work tree, with the next index: links, line ends, encodings and
 * sparse checkouts come out as git makes them, and what it cannot write (the disk is full, a name is too long) is found out before a
 * file of the user's is touched. Answers git's own words when it could not, else null.
 */
export async function stageCheckout(options: GitOptions, request: StageRequest): Promise<string | null> {
  const { index, folder, from, to } = request
  await copyFile(index, folder.index, constants.COPYFILE_FICLONE)
  await mkdir(folder.staged, { recursive: true })
  if (isForStandsAs(request.changes) && (await stageFilesAlone(options, request))) return null
  const { exitCode, stderr } = await gitQuickly(['read-tree', '-m', '-u', from, to], {
    ...options,
    // One file again, should the user have it split: only then are all entries in it.
    config: [...(options.config ?? []), 'core.splitIndex=false'],
  })
  return exitCode === 0 ? null : utf8(stderr).trim().replaceAll(`${folder.staged}/`, '')
}

/**
 * The same where nothing but plain files changes in a plain index: then git need not compare two trees, nor look whether it has each file in the
 * folders that change, which takes it longer than all else of a merge. False, with everything as it was, where that is not so.
 */
async function stageFilesAlone(options: GitOptions, request: StageRequest): Promise<boolean> {
  if (await areFilesStaged(options, request)) return true
  const { index, folder } = request
  await rm(folder.staged, { recursive: true, force: true })
  await mkdir(folder.staged)
  await rm(`${folder.index}.lock`, { force: true })
  await copyFile(index, folder.index, constants.COPYFILE_FICLONE)
  return false
}

async function areFilesStaged(
  options: GitOptions,
  { checkout, objectFormat, folder, changes, stands }: StageRequest,
): Promise<boolean> {
  const { deleted, after } = changes
  if (![...after.values(), ...changes.before.values()].every((entry) => plainFile.test(entry))) return false
  if (await pathExists(join(checkout.gitDirectory, 'info', 'sparse-checkout'))) return false
  if (!isChangedByPath(await readFile(folder.index), objectFormat, changes)) return false
  const noId = '0'.repeat(objectFormat === 'sha256' ? 64 : 40)
  const gone = deleted.map((path) => `0 ${noId}\t${path}\0`)
  const come = [...after].map(([path, entry]) => `${entry}\t${path}\0`)
  const updated = await gitQuickly(['update-index', '-z', '--index-info'], {
    ...options,
    input: [...gone, ...come].join(''),
  })
  if (updated.exitCode !== 0) return false
  const written = await gitQuickly(['checkout-index', '-z', '--stdin'], {
    ...options,
    input: [...after.keys()].map((path) => `${path}\0`).join(''),
  })
  return written.exitCode === 0 && written.stderr === '' && (await stands)
}

/** `MODE ID` of a file or a link. */
const plainFile = /^1[02]0\d{3} /
