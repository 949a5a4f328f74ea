import { existsSync } from 'node:fs'
import { mkdir, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type GitOptions, git, gitOrThrow, gitQuickly, utf8, zeroSeparated } from '../process/git.ts'
import { bringLfsObjects } from './bring-lfs-objects.ts'
import { type CloneSource, makeClone } from './make-clone.ts'

/** A path that a commit pins to a commit of another repository. */
export interface Gitlink {
  /** Bytes as latin1. */
  readonly path: string
  readonly commit: string
  /** What `.gitmodules` calls it; the path where it says nothing that could be the name of a folder. */
  readonly name: string
}

/** The submodules in a commit's tree. */
export async function gitlinksOf(
  options: GitOptions,
  commit: string,
  signal?: AbortSignal,
): Promise<readonly Gitlink[]> {
  const named = await gitQuickly(
    ['config', `--blob=${commit}:.gitmodules`, '-z', '--get-regexp', '^submodule\\..*\\.path$'],
    options,
    signal,
  )
  if (named.exitCode !== 0) return [] // No .gitmodules, or none that git can read.
  const names = new Map(
    zeroSeparated(named.stdout).map((entry) => {
      const end = entry.indexOf('\n')
      const [key, path] = end < 0 ? [entry, ''] : [entry.slice(0, end), entry.slice(end + 1)]
      return [path, key.slice('submodule.'.length, -'.path'.length)] as const
    }),
  )
  const tree = await gitOrThrow(['ls-tree', '-r', '-z', '--full-tree', commit], options, signal)
  return zeroSeparated(tree.stdout)
    .filter((entry) => entry.startsWith('160000 '))
    .map((entry) => {
      const path = entry.slice(entry.indexOf('\t') + 1)
      const name = names.get(path)
      const usable = name !== undefined && !name.split('/').includes('..')
      return { path, commit: entry.split(/[ \t]/)[2] ?? '', name: usable ? name : path }
    })
}

/**
 * Clones the submodules of a commit from where the user's checkout has them, and theirs in turn. One that is not there stays
 * an empty folder. Answers one sentence for each such.
 */
export async function cloneSubmodules(
  source: CloneSource,
  destination: string,
  { commit, taskId, links }: { readonly commit: string; readonly taskId: string; readonly links?: readonly Gitlink[] },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const notes: string[] = []
  for (const link of links ?? (await gitlinksOf({ cwd: source.path, trust: 'user' }, commit, signal))) {
    const path = utf8(link.path)
    const module = await findSubmodule(source, link, signal)
    if (!module) {
      notes.push(`Submodule ${path} is not checked out in the repository, so the task has an empty folder there`)
      continue
    }
    const folder = join(destination, path)
    await mkdir(folder, { recursive: true })
    if ((await readdir(folder)).length > 0) continue // Outside a sparse checkout, or not a folder of ours to fill.
    const inner = { commit: link.commit, taskId }
    notes.push(...(await makeClone(module, folder, inner, signal)).notes)
    notes.push(...(await bringLfsObjects(module, folder, signal)))
    notes.push(...(await cloneSubmodules(module, folder, inner, signal)))
    await gitOrThrow(
      ['config', `submodule.${utf8(link.name)}.active`, 'true'],
      { cwd: destination, trust: 'none' },
      signal,
    )
  }
  return notes
}

/** Where the user's repository keeps a submodule: behind its checkout, or below `.git/modules`. Undefined when it lacks the commit. */
export async function findSubmodule(
  source: Pick<CloneSource, 'path' | 'gitDirectory' | 'commonDirectory'>,
  link: Gitlink,
  signal?: AbortSignal,
): Promise<CloneSource | undefined> {
  const path = utf8(link.path)
  const name = utf8(link.name)
  const candidates = [
    join(source.path, path),
    join(source.gitDirectory, 'modules', name),
    join(source.commonDirectory, 'modules', name),
  ]
  for (const candidate of candidates) {
    const found = await sourceAt(candidate, source, signal)
    if (!found) continue
    const has = await gitQuickly(
      ['cat-file', '-e', `${link.commit}^{commit}`],
      { cwd: found.path, trust: 'user' },
      signal,
    )
    if (has.exitCode === 0) return found
  }
  return undefined
}

async function sourceAt(
  path: string,
  outer: Pick<CloneSource, 'commonDirectory'>,
  signal?: AbortSignal,
): Promise<CloneSource | undefined> {
  const parent = await realpath(dirname(path)).catch(() => undefined) // No folder, no submodule.
  if (parent === undefined || !existsSync(path)) return undefined
  const answers = await git(
    [
      'rev-parse',
      '--path-format=absolute',
      '--git-common-dir',
      '--absolute-git-dir',
      '--show-object-format',
      '--is-shallow-repository',
    ],
    { cwd: path, trust: 'user', env: { GIT_CEILING_DIRECTORIES: parent } },
    signal,
  )
  if (answers.exitCode !== 0) return undefined
  const [common = '', own = '', objectFormat, isShallow] = utf8(answers.stdout).split('\n')
  const commonDirectory = await realpath(common)
  // An empty folder inside the outer work tree answers for the outer repository.
  if (commonDirectory === outer.commonDirectory) return undefined
  return {
    path,
    commonDirectory,
    gitDirectory: await realpath(own),
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    isShallow: isShallow === 'true',
  }
}
