import { access, constants, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { entryExists } from '../../lib/files/look.ts'
import { type GitOptions, git, gitQuickly, utf8 } from '../process/git.ts'
import { checkedOut } from './checked-out/checked-out.ts'
import { knownStart } from './known-starts.ts'
import { type StartingPoint, startingPoint } from './refs.ts'
import { knownPlace, type RepositoryPlace, rememberedPlace } from './repository-place.ts'

export interface RepositoryState extends RepositoryPlace {
  /** The branch that is checked out, without `refs/heads/`; null when HEAD is detached. */
  readonly branch: string | null
  /** null in a repository with no commit. */
  readonly head: StartingPoint | null
  /** Whether `flake.nix` lies at the top of the work tree. */
  readonly hasFlake: boolean
}

/**
 * What a folder is to git, and what is checked out there. A linked worktree is as good as a main one.
 * @throws AppError('repository-invalid') for anything that is not the top of a work tree, with what to do.
 */
export async function inspectRepository(path: string, signal?: AbortSignal): Promise<RepositoryState> {
  const folder = await existingFolder(path)
  const options = { cwd: folder, trust: 'user' } as const
  const known = await knownPlace(folder)
  const seen = known && (await checkedOut(known))
  const start = known && seen?.commit ? knownStart(known.commonDirectory, seen.commit) : undefined
  // All at once: where it is no repository the others say nothing.
  const [place, branch, head, hasFlake] = await Promise.all([
    known ?? locateRepository(folder, signal),
    seen?.branch ?? askForBranch(options, signal),
    start ?? startingPoint(options, 'HEAD', signal),
    entryExists(join(folder, 'flake.nix')),
  ])
  return { ...place, branch, head, hasFlake }
}

async function askForBranch(options: GitOptions, signal?: AbortSignal): Promise<string | null> {
  const ref = utf8((await gitQuickly(['symbolic-ref', '--quiet', 'HEAD'], options, signal)).stdout).trim()
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null
}

/**
 * The part of `inspectRepository` that takes one git process: for who does not ask what is checked out.
 * @throws as that does.
 */
export async function locateRepository(path: string, signal?: AbortSignal): Promise<RepositoryPlace> {
  const folder = await existingFolder(path)
  return await rememberedPlace(folder, () => askForPlace(folder, signal))
}

async function askForPlace(folder: string, signal?: AbortSignal): Promise<RepositoryPlace> {
  const answers = await gitQuickly(
    [
      'rev-parse',
      '--path-format=absolute',
      '--is-bare-repository',
      '--is-inside-work-tree',
      '--git-common-dir',
      '--absolute-git-dir',
      '--show-object-format',
      '--is-shallow-repository',
      '--show-toplevel', // Last: it is refused where there is no work tree.
    ],
    { cwd: folder, trust: 'user' },
    signal,
  )
  const lines = utf8(answers.stdout).split('\n')
  const [isBare, isInside] = lines
  // A path with a line break in it takes more lines than one: then each is asked for by itself.
  const isPlain = !folder.includes('\n') && lines.length <= answersOfAPlainPath
  const [commonDirectory = '', gitDirectory = ''] = isPlain
    ? lines.slice(2)
    : await Promise.all(
        ['--git-common-dir', '--absolute-git-dir'].map(async (name) => {
          const args = ['rev-parse', '--path-format=absolute', name]
          return utf8((await git(args, { cwd: folder, trust: 'user' }, signal)).stdout).replace(/\n$/, '')
        }),
      )
  const more = isPlain ? 0 : commonDirectory.split('\n').length + gitDirectory.split('\n').length - 2
  const [objectFormat, isShallow, ...rest] = lines.slice(4 + more)
  if (answers.exitCode !== 0 && isInside === undefined) throw await notARepository(folder, utf8(answers.stderr))
  if (isBare === 'true' || isInside !== 'true') {
    throw invalid(`${folder} is a bare repository or the inside of one`, 'Name a checkout of it: git worktree add PATH')
  }
  if (answers.exitCode !== 0) throw await notARepository(folder, utf8(answers.stderr))
  const [top, realCommon, realGit] = await Promise.all([
    realpath(rest.join('\n').replace(/\n$/, '')),
    realpath(commonDirectory),
    realpath(gitDirectory),
  ])
  if (top !== folder) throw invalid(`${folder} is a folder inside the repository ${top}`, `Name the repository: ${top}`)
  return {
    path: folder,
    commonDirectory: realCommon,
    gitDirectory: realGit,
    isLinkedWorktree: realCommon !== realGit,
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    isShallow: isShallow === 'true',
  }
}

/** With the empty one after the last newline. */
const answersOfAPlainPath = 8

async function existingFolder(path: string): Promise<string> {
  let folder: string
  try {
    folder = await realpath(path)
    if (!(await stat(folder)).isDirectory()) throw invalid(`${path} is not a folder`, "Name the repository's folder")
    await access(folder, constants.R_OK | constants.X_OK)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw invalid(`${path} does not exist`, 'Check the path', cause)
    if (code === 'ENOTDIR') throw invalid(`${path} is not a folder`, "Name the repository's folder", cause)
    throw invalid(`${path} cannot be read: ${code}`, 'Make it readable for you', cause)
  }
  return folder
}

async function notARepository(folder: string, said: string): Promise<AppError> {
  const dotGit = join(folder, '.git')
  if (/dubious ownership/.test(said)) {
    return invalid(
      `${folder} belongs to another user`,
      `Tell git that you trust it: git config --global --add safe.directory ${folder}`,
    )
  }
  const lost = /not a git repository: (.+)\/worktrees\/[^/]+\n?$/.exec(said)?.[1]
  if (lost !== undefined) {
    const hint = `Where it was moved, run there: git worktree repair ${folder}`
    return invalid(`${folder} is a work tree of ${lost}, which is not there`, hint)
  }
  if (await entryExists(dotGit)) {
    try {
      await access(dotGit, constants.R_OK)
    } catch (cause) {
      return invalid(`${dotGit} cannot be read`, 'Make it readable for you', cause)
    }
    return invalid(
      `${folder} holds a .git that git cannot use: ${said.trim().split('\n')[0]}`,
      `Ask git why: git -C ${folder} status`,
    )
  }
  return invalid(`${folder} is not a git repository`, `Make it one: git init ${folder}, and commit a flake.nix`)
}

const invalid = (message: string, hint: string, cause?: unknown) =>
  new AppError('repository-invalid', message, { hint, ...(cause !== undefined && { cause }) })
