import { cut } from '../../core/cut.ts'
import { shownPath } from '../process/byte-path.ts'
import { GuestGitFolder } from './read-git-folder.ts'

/** An object that the files of a `.git` folder name, and where. */
export interface Tip {
  readonly id: string
  /** In words: `branch fix`, `stash`, `the reflog of HEAD`. */
  readonly from: string
}

export type Operation = 'merge' | 'rebase' | 'cherry-pick' | 'revert'

/** What a work tree of a clone is based on. */
export interface Head {
  /** Of the commit that it names; undefined where that cannot be read, or was not made yet. */
  readonly commit: string | undefined
  /** `refs/heads/x` as bytes in latin1; undefined when detached, missing or unreadable. */
  readonly ref: string | undefined
  readonly kind: 'branch' | 'unborn' | 'detached' | 'unreadable'
  /** What it named before, the newest first. */
  readonly earlier: readonly string[]
}

/** A work tree that `git worktree add` made. */
interface LinkedWorkTree {
  /** latin1, as its folder below `.git/worktrees` is called. */
  readonly name: string
  /** Where the guest had it, as its `gitdir` says; latin1. */
  readonly gitFile: string | undefined
  readonly head: Head
}

/** Everything that a `.git` folder's own files name. */
export interface Tips {
  readonly head: Head
  /** What stands at the task's branch. */
  readonly taskBranch: string | undefined
  /** The most telling first: where one object is named more than once, the first name counts. */
  readonly tips: readonly Tip[]
  readonly operation: Operation | null
  readonly isBisecting: boolean
  readonly workTrees: readonly LinkedWorkTree[]
  /** Whether its refs are kept in a way that is not read. */
  readonly isReftable: boolean
  readonly notes: readonly string[]
}

const idPattern = /^(?:[0-9a-f]{64}|[0-9a-f]{40})$/
const idsInText = /(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-f])/g
const mib = 1024 ** 2
/** Beyond it the oldest entries of reflogs are not looked at, and a note says so. */
const mostTips = 100_000
const mostWorkTrees = 100

/** Reads HEAD, refs, reflogs, linked work trees and operations under way as text; git never looks at them. */
export async function readTips(gitFolder: string, taskId: string): Promise<Tips> {
  const folder = new GuestGitFolder(gitFolder)
  const refs = await readRefs(folder)
  const head = await readHead(folder, '', refs)
  const tips = new Map<string, Tip>()
  const add = (id: string | undefined, from: string) => {
    if (id !== undefined && idPattern.test(id) && !/^0+$/.test(id) && !tips.has(id) && tips.size < mostTips)
      tips.set(id, { id, from })
  }
  const taskBranch = refs.get(`refs/heads/task-${taskId}`)
  add(head.commit, head.ref === undefined ? 'the detached HEAD' : nameOf(head.ref))
  add(taskBranch, "the task's branch")
  for (const id of (await reflog(folder, 'logs/refs/stash')).reverse()) add(id, 'stash')
  for (const [name, id] of [...refs].toSorted(([one], [other]) => rankOf(one) - rankOf(other))) add(id, nameOf(name))
  const workTrees = await readWorkTrees(folder, refs, add)
  const operation = await readOperation(folder, '')
  const mentioned = await idsOfOperations(folder, '')
  if (operation !== null) for (const id of mentioned) add(id, `a ${operation} in progress`)
  for (const id of head.earlier) add(id, 'the reflog of HEAD')
  for (const path of await folder.filesBelow('logs/refs')) {
    if (path === 'logs/refs/stash') continue
    for (const id of (await reflog(folder, path)).reverse())
      add(id, `the reflog of ${nameOf(path.slice('logs/'.length))}`)
  }
  for (const id of mentioned) add(id, 'ORIG_HEAD and its like')
  const notes =
    folder.exceeded || tips.size >= mostTips
      ? ['The clone has more refs and reflogs than are read: not all of its commits were looked for']
      : []
  return {
    head,
    taskBranch,
    tips: [...tips.values()],
    operation,
    isBisecting: (await folder.text('BISECT_LOG', 64)) !== undefined,
    workTrees,
    isReftable: (await folder.names('reftable')).length > 0,
    notes,
  }
}

/** Of remote-tracking branches there may be thousands that no one here made. */
const rankOf = (ref: string): number =>
  ref.startsWith('refs/heads/') ? 0 : ref.startsWith('refs/tags/') ? 1 : ref.startsWith('refs/remotes/') ? 3 : 2

/** A ref in words, for a person. */
export function nameOf(ref: string): string {
  const shown = (prefix: string) => cut(shownPath(ref.slice(prefix.length)), 200)
  if (ref === 'refs/stash') return 'stash'
  if (ref.startsWith('refs/heads/')) return `branch ${shown('refs/heads/')}`
  if (ref.startsWith('refs/tags/')) return `tag ${shown('refs/tags/')}`
  if (ref.startsWith('refs/notes/')) return `notes ${shown('refs/notes/')}`
  if (ref.startsWith('refs/remotes/')) return `remote branch ${shown('refs/remotes/')}`
  return cut(shownPath(ref), 200)
}

/** Loose and packed, of any namespace. A symbolic one names another, which is listed itself. */
async function readRefs(folder: GuestGitFolder): Promise<Map<string, string>> {
  const refs = new Map<string, string>()
  for (const line of (await folder.text('packed-refs', 64 * mib))?.split('\n') ?? []) {
    const [, id, name] = /^([0-9a-f]{40,64}) (refs\/.+)$/s.exec(line) ?? []
    if (id !== undefined && name !== undefined) refs.set(name, id)
  }
  for (const path of await folder.filesBelow('refs')) {
    const id = await looseId(folder, path)
    if (id !== undefined) refs.set(path, id)
  }
  return refs
}

async function looseId(folder: GuestGitFolder, ref: string): Promise<string | undefined> {
  const id = (await folder.text(ref, 4096))?.trim()
  return id !== undefined && idPattern.test(id) ? id : undefined
}

async function readHead(folder: GuestGitFolder, prefix: string, refs: ReadonlyMap<string, string>): Promise<Head> {
  const earlier = (await reflog(folder, `${prefix}logs/HEAD`)).reverse()
  const text = (await folder.text(`${prefix}HEAD`, 4096))?.trim()
  if (text !== undefined && idPattern.test(text)) return { commit: text, ref: undefined, kind: 'detached', earlier }
  const target = /^ref:\s*(refs\/.+)$/s.exec(text ?? '')?.[1]
  if (target === undefined || !isPlainRef(target))
    return { commit: undefined, ref: undefined, kind: 'unreadable', earlier }
  const ref = await resolve(folder, target, refs)
  // HEAD may spell it otherwise than the file is called, where a file system takes both for one: that is asked, as git asks it.
  const commit = refs.get(ref) ?? (await looseId(folder, ref))
  return { commit, ref, kind: commit === undefined ? 'unborn' : 'branch', earlier }
}

/** Where a chain of symbolic refs ends. */
async function resolve(
  folder: GuestGitFolder,
  ref: string,
  refs: ReadonlyMap<string, string>,
  depth = 5,
): Promise<string> {
  if (refs.has(ref) || depth === 0) return ref
  const target = /^ref:\s*(refs\/.+?)\s*$/s.exec((await folder.text(ref, 4096)) ?? '')?.[1]
  return target !== undefined && isPlainRef(target) ? await resolve(folder, target, refs, depth - 1) : ref
}

const refPattern = /^refs\/[^\0-\x20\x7f~^:?*[\\]+$/
const isPlainRef = (ref: string) =>
  refPattern.test(ref) && ref.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/** Ids of a reflog, the oldest first: what a ref was before and after each step. */
async function reflog(folder: GuestGitFolder, path: string): Promise<string[]> {
  const lines = (await folder.text(path, 16 * mib))?.split('\n') ?? []
  return lines.flatMap((line) => line.split(' ', 2)).filter((id) => idPattern.test(id))
}

async function readWorkTrees(
  folder: GuestGitFolder,
  refs: ReadonlyMap<string, string>,
  add: (id: string | undefined, from: string) => void,
): Promise<LinkedWorkTree[]> {
  const found: LinkedWorkTree[] = []
  for (const { name, kind } of (await folder.names('worktrees')).slice(0, mostWorkTrees)) {
    if (kind !== 'folder') continue
    const prefix = `worktrees/${name}/`
    const from = `linked work tree ${cut(shownPath(name), 200)}`
    const own = new Map(refs)
    for (const path of await folder.filesBelow(`${prefix}refs`)) {
      const id = (await folder.text(path, 4096))?.trim()
      if (id !== undefined) own.set(path.slice(prefix.length), id)
      add(id, `${nameOf(path.slice(prefix.length))} of ${from}`)
    }
    const head = await readHead(folder, prefix, own)
    add(head.commit, head.ref === undefined ? from : nameOf(head.ref))
    const operation = await readOperation(folder, prefix)
    for (const id of await idsOfOperations(folder, prefix))
      add(id, operation ? `a ${operation} in progress in ${from}` : from)
    for (const path of await folder.filesBelow(`${prefix}logs`)) {
      for (const id of (await reflog(folder, path)).reverse()) add(id, `the reflog of ${from}`)
    }
    found.push({ name, gitFile: (await folder.text(`${prefix}gitdir`, 8192))?.replace(/\n$/, ''), head })
  }
  return found
}

/** What git would say is under way there; null for a bisection, which changes no commit. */
async function readOperation(folder: GuestGitFolder, prefix: string): Promise<Operation | null> {
  const names = new Set((await folder.names(prefix.slice(0, -1))).map(({ name }) => name))
  if (names.has('rebase-merge') || names.has('rebase-apply')) return 'rebase'
  if (names.has('MERGE_HEAD')) return 'merge'
  if (names.has('CHERRY_PICK_HEAD')) return 'cherry-pick'
  if (names.has('REVERT_HEAD')) return 'revert'
  if (!names.has('sequencer')) return null
  const todo = (await folder.text(`${prefix}sequencer/todo`, mib)) ?? ''
  return /^\s*revert\s/m.test(todo) ? 'revert' : 'cherry-pick'
}

/** Ids in the files that git writes while something goes on, and in `ORIG_HEAD`, `FETCH_HEAD` and their like. */
async function idsOfOperations(folder: GuestGitFolder, prefix: string): Promise<string[]> {
  const ids: string[] = []
  for (const { name, kind } of await folder.names(prefix.slice(0, -1))) {
    const files =
      kind === 'file'
        ? /^[A-Z_]+$/.test(name) && name !== 'HEAD' && name !== 'AUTO_MERGE' && name !== 'COMMIT_EDITMSG'
          ? [`${prefix}${name}`]
          : []
        : ['rebase-merge', 'rebase-apply', 'sequencer'].includes(name)
          ? await folder.filesBelow(`${prefix}${name}`)
          : []
    for (const file of files) ids.push(...((await folder.text(file, 4 * mib))?.match(idsInText) ?? []))
  }
  return ids
}
