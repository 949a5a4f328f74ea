import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { foldPath } from '../../core/merge/fold-path.ts'
import { plainDiff } from '../changes/list-changes.ts'
import { type GitOptions, gitOrThrow, gitText, utf8, zeroSeparated } from '../process/git.ts'

/** Names that git looks into in every folder, as file systems fold them, with the short names of Windows. */
const lookedInto = /^(\.git(modules|attributes)|gi[a-z0-9]*~\d+)$/

/**
 * The tree of a commit that we made of files, with what git refuses in it as its base has it, or not at all: one such file would keep
 * all the rest out. A link that has the name of a file of git's goes with it, since git names the folder that it is in.
 * @returns null where nothing differs from the commit.
 */
export async function withoutRefused(
  {
    base,
    commit,
    refused,
    receiver,
  }: {
    readonly base: string
    readonly commit: string
    readonly refused: ReadonlySet<string>
    readonly receiver: string
  },
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<string | null> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', ...plainDiff, base, commit, '--']
  const fields = zeroSeparated((await gitOrThrow(args, inReceiver, signal)).stdout)
  const lines: string[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const path = fields[at + 1] ?? ''
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (fields[at] ?? '').slice(1).split(' ')
    const isLink = newMode === '120000' && lookedInto.test(foldPath(utf8(path.slice(path.lastIndexOf('/') + 1))))
    if (refused.has(newId) || isLink) lines.push(`${oldMode.replace(/^0+$/, '0')} ${oldId}\t${path}\0`)
  }
  if (lines.length === 0) return null
  const index = join(receiver, 'without-refused.index')
  await rm(index, { force: true })
  const options: GitOptions = { ...inReceiver, env: { ...inReceiver.env, GIT_INDEX_FILE: index } }
  await gitOrThrow(['read-tree', commit], options, signal)
  const input = Buffer.from(lines.join(''), 'latin1')
  await gitOrThrow(['update-index', '-z', '--index-info'], { ...options, input }, signal)
  return await gitText(['write-tree'], options, signal)
}
