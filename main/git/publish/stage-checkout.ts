import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { type GitOptions, gitQuickly, utf8 } from '../process/git.ts'
import type { Checkout } from '../repository/branch-state.ts'
import type { PublishFolder } from './journal.ts'

/** A git that takes the folder of staged files for the work tree, and the next index for its index. */
export const onStaged = (user: GitOptions, checkout: Checkout, folder: PublishFolder): GitOptions => ({
  ...user,
  cwd: folder.staged,
  env: { ...user.env, GIT_DIR: checkout.gitDirectory, GIT_WORK_TREE: folder.staged, GIT_INDEX_FILE: folder.index },
})

/**
 * Has git write what changes, and only that, to an empty folder in place of the work tree, with the next index: links, line ends, encodings and
 * sparse checkouts come out as git makes them, and what it cannot write (the disk is full, a name is too long) is found out before a
 * file of the user's is touched. Answers git's own words when it could not, else null.
 */
export async function stageCheckout(
  options: GitOptions,
  index: string,
  { folder, from, to }: { readonly folder: PublishFolder; readonly from: string; readonly to: string },
): Promise<string | null> {
  await copyFile(index, folder.index, constants.COPYFILE_FICLONE)
  await mkdir(folder.staged, { recursive: true })
  const { exitCode, stderr } = await gitQuickly(['read-tree', '-m', '-u', from, to], {
    ...options,
    // One file again, should the user have it split: only then are all entries in it.
    config: [...(options.config ?? []), 'core.splitIndex=false'],
  })
  return exitCode === 0 ? null : utf8(stderr).trim().replaceAll(`${folder.staged}/`, '')
}
