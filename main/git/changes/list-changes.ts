import { cut } from '../../core/cut.ts'
import { visibleLine, withoutMarks } from '../../core/visible-text.ts'
import { byBytes, shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, utf8, zeroSeparated } from '../process/git.ts'
import { locateRepository } from '../repository/inspect-repository.ts'

/** A file that differs between two commits, as `git diff-tree` tells it. */
export interface FileChange {
  /** As a person reads it, see `shownPath`. */
  readonly path: string
  /** Where it was before, when it moved. */
  readonly oldPath: string | null
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'type-changed'
  readonly oldBlob: Blob
  readonly newBlob: Blob
  /** Lines; 0 for a binary file. */
  readonly added: number
  readonly removed: number
  readonly binary: boolean
}

/** One side of a change: mode `000000` where there is no file. */
export interface Blob {
  readonly mode: string
  readonly id: string
}

/** Which commits to compare, in a repository of the user's. Ids, never names. */
export interface Range {
  readonly repoPath: string
  readonly from: string
  readonly to: string
  /** Environment that has git see more objects than the repository's own. */
  readonly objects?: Readonly<Record<string, string>>
}

/**
 * Everything that differs from commit to commit, by path. Reads objects alone: no work tree, so no attributes of it, no external
 * diff, no text conversion, and no configuration but the repository's own.
 * @throws GitError when a commit is not there.
 */
export async function listChanges(range: Range, signal?: AbortSignal): Promise<readonly FileChange[]> {
  const { from, to } = range
  const args = ['diff-tree', '-r', '-z', '--raw', '--numstat', '-M', '--no-abbrev', ...plainDiff, from, to, '--']
  const { stdout } = await gitOrThrow(args, await objectsOf(range, signal), signal)
  return parseChanges(stdout)
}

/** For every diff: what the repository's configuration could have it execute stays off. */
export const plainDiff = ['--no-ext-diff', '--no-textconv', '--no-color'] as const

/** Options of a git that sees the repository's objects and no work tree. */
export async function objectsOf(
  { repoPath, objects }: Pick<Range, 'repoPath' | 'objects'>,
  signal?: AbortSignal,
): Promise<GitOptions> {
  const { commonDirectory } = await locateRepository(repoPath, signal)
  return {
    cwd: commonDirectory,
    trust: 'none',
    env: { ...objects, GIT_DIR: commonDirectory },
    config: ['core.bare=true', 'core.attributesFile=/dev/null', 'diff.renameLimit=1000'],
  }
}

const statuses: Readonly<Record<string, FileChange['status']>> = {
  A: 'added',
  C: 'added',
  D: 'deleted',
  M: 'modified',
  R: 'renamed',
  T: 'type-changed',
}

/** The output of `diff-tree -z --raw --numstat`: all raw records, then all counts, in the same order. Pure. */
function parseChanges(output: string): readonly FileChange[] {
  const fields = zeroSeparated(output)
  const raw: Omit<FileChange, 'added' | 'removed' | 'binary'>[] = []
  let at = 0
  while (fields[at]?.startsWith(':')) {
    const [oldMode = '', newMode = '', oldId = '', newId = '', letter = ''] = (fields[at] ?? '').slice(1).split(' ')
    const status = statuses[letter.charAt(0)] ?? 'modified'
    const moved = letter.startsWith('R') || letter.startsWith('C')
    const path = fields[at + (moved ? 2 : 1)] ?? ''
    raw.push({
      path: shownPath(path),
      oldPath: status === 'renamed' ? shownPath(fields[at + 1] ?? '') : null,
      status,
      oldBlob: { mode: oldMode, id: oldId },
      newBlob: { mode: newMode, id: newId },
    })
    at += moved ? 3 : 2
  }
  const counts: Pick<FileChange, 'added' | 'removed' | 'binary'>[] = []
  while (at < fields.length) {
    const [added = '', removed = '', path] = (fields[at] ?? '').split('\t')
    counts.push({ added: Number(added) || 0, removed: Number(removed) || 0, binary: added === '-' })
    at += path === '' ? 3 : 1
  }
  return raw
    .map((change, index) => ({ ...change, ...(counts[index] ?? { added: 0, removed: 0, binary: true }) }))
    .sort((a, b) => byBytes(a.path, b.path))
}

export interface CommitLine {
  readonly id: string
  /** As a person reads them, with nothing hidden in them. */
  readonly subject: string
  readonly author: string
  /** ISO 8601, with the author's offset. */
  readonly at: string
}

/** A name or a subject may be as long as a commit: git cuts it, and fills up what is shorter. */
export const few = (placeholder: string) => `%<(500,trunc)%${placeholder}`

const shownWords = (padded: string): string => visibleLine(withoutMarks(cut(padded.trimEnd(), 500)))

/** Commits of `to` that `from` does not reach, newest first, at most `limit`. */
export async function listCommits(
  { from, to, ...repository }: Range,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly CommitLine[]> {
  const args = [
    'log',
    '-z',
    `--max-count=${limit}`,
    `--format=%H%n${few('an')}%n%aI%n${few('s')}`,
    `${from}..${to}`,
    '--',
  ]
  const { stdout } = await gitOrThrow(args, await objectsOf(repository, signal), signal)
  return utf8(stdout)
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => {
      const [id = '', author = '', at = '', subject = ''] = record.split('\n')
      return { id, at, author: shownWords(author), subject: shownWords(subject) }
    })
}
