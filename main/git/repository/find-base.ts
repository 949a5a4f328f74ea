import { AppError } from '../../core/failure.ts'
import { taskRef } from '../../core/merge/merge.ts'
import { parseTaskId } from '../../core/task/task.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import type { GitOptions } from '../process/git.ts'
import { startingPoint } from './refs.ts'
import { resolveRevision } from './resolve-revision.ts'

/** Whether it can be the name of a branch or tag, with nothing of git's notation for other revisions in it; control characters are no word. */
const isPlainName = (name: string): boolean =>
  /^[^\s~^:?*[\\-][^\s~^:?*[\\]*$/.test(name) && !/\.\.|@\{|\/\//.test(name) && !/\p{Cc}/u.test(name)
const commitId = /^[0-9a-f]{7,64}$/

/**
 * What the name stands for in the user's repository: the work of the task with this id, else a branch, else a tag, else a commit by seven digits of its
 * id or more. No other ref can be named.
 * @throws AppError('argument-invalid') where it is none of them, 'flake-missing' where it has no flake and tasks need one.
 */
export async function findBase(
  repoPath: string,
  name: string,
  { needsFlake = true }: { readonly needsFlake?: boolean } = {},
  signal?: AbortSignal,
): Promise<TaskBase> {
  const user: GitOptions = { cwd: repoPath, trust: 'user' }
  const id = parseTaskId(name.replace(/^refs\/tasks\//, ''))
  const candidates: { readonly ref: string; readonly isBranch: boolean }[] = [
    ...(id ? [{ ref: taskRef(id), isBranch: false }] : []),
    ...(isPlainName(name)
      ? [
          { ref: `refs/heads/${name}`, isBranch: true },
          { ref: `refs/tags/${name}`, isBranch: false },
        ]
      : []),
  ]
  for (const { ref, isBranch } of candidates) {
    const found = await startingPoint(user, ref, signal)
    if (found) return start(name, { ...found, needsFlake }, isBranch)
  }
  if (commitId.test(name) && (await isUnambiguous(repoPath, name, signal))) {
    const found = await startingPoint(user, name, signal)
    if (found) return start(name, { ...found, needsFlake }, false)
  }
  throw new AppError('argument-invalid', `No branch, tag, commit or task is named '${name.slice(0, 100)}'`, {
    hint: `See: git -C ${repoPath} for-each-ref refs/heads refs/tags refs/tasks`,
  })
}

interface Start {
  readonly commit: string
  readonly hasFlake: boolean
  readonly needsFlake: boolean
}

function start(name: string, { commit, hasFlake, needsFlake }: Start, isBranch: boolean): TaskBase {
  if (needsFlake && !hasFlake) {
    throw new AppError('flake-missing', `No flake.nix found at ${name}`, {
      hint: 'A task needs the development shell of the commit that it starts from: choose another one',
    })
  }
  return isBranch ? { kind: 'branch', branch: name } : { kind: 'commit', name, commit }
}

/** Digits that could be the start of several ids name none; a branch of such a name was looked for before. */
async function isUnambiguous(repoPath: string, digits: string, signal?: AbortSignal): Promise<boolean> {
  return (await resolveRevision(repoPath, `${digits}^{commit}`, signal))?.startsWith(digits) === true
}
