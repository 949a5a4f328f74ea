import { basename, dirname, join } from 'node:path'
import { readGuestFile } from '../lib/guest-file.ts'
import { kindOf } from './check-clone.ts'

/** A commit that a clone's own files name, and how. */
export interface Tip {
  readonly commit: string
  readonly from: string
}

export interface Tips {
  /** Best first, each once: what HEAD names, then the task's branch, then what HEAD named before. */
  readonly tips: readonly Tip[]
  /** What is unusual about HEAD, one sentence each. */
  readonly notes: readonly string[]
}

const commitPattern = /^([0-9a-f]{64}|[0-9a-f]{40})$/
const refPattern = /^refs\/heads\/[^\0-\x20\x7f~^:?*[\\]+$/
/** Commits of the reflog that are worth a try when HEAD's own cannot be read. */
const mostEarlier = 20

/** Reads HEAD, branches and reflog of a clone as text; no git looks at them. */
export async function findTips(workspace: string, taskId: string): Promise<Tips> {
  const dotGit = join(workspace, '.git')
  const taskBranch = `refs/heads/task-${taskId}`
  const notes: string[] = []
  const tips = new Map<string, Tip>()
  const add = (commit: string | undefined, from: string) => {
    if (commit !== undefined && commitPattern.test(commit) && !/^0+$/.test(commit) && !tips.has(commit)) {
      tips.set(commit, { commit, from })
    }
  }
  const head = (await textOf(dotGit, 'HEAD', 4096))?.trim()
  const target = head?.startsWith('ref: ') ? head.slice('ref: '.length).trim() : undefined
  if (target !== undefined && isPlainRef(target)) {
    add(await readRef(dotGit, target), target === taskBranch ? 'HEAD' : `branch ${target.slice('refs/heads/'.length)}`)
    if (target !== taskBranch) notes.push(`HEAD was on ${target}, not on the task's branch`)
  } else if (head !== undefined && commitPattern.test(head)) {
    add(head, 'the detached HEAD')
    notes.push('HEAD was detached')
  } else {
    notes.push('HEAD was missing or unreadable')
  }
  add(await readRef(dotGit, taskBranch), 'the branch of the task')
  for (const commit of await earlierHeads(dotGit)) add(commit, 'an earlier HEAD')
  return { tips: [...tips.values()], notes }
}

const isPlainRef = (ref: string) =>
  refPattern.test(ref) && ref.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

async function readRef(dotGit: string, ref: string): Promise<string | undefined> {
  const loose = (await textOf(dotGit, ref, 4096))?.trim()
  if (loose !== undefined && commitPattern.test(loose)) return loose
  const packed = await textOf(dotGit, 'packed-refs', 16 * 1024 * 1024)
  const line = packed?.split('\n').find((entry) => entry.endsWith(` ${ref}`))
  return line?.slice(0, -ref.length - 1)
}

async function earlierHeads(dotGit: string): Promise<string[]> {
  const log = await textOf(dotGit, 'logs/HEAD', 4 * 1024 * 1024)
  const lines = log?.trimEnd().split('\n').slice(-mostEarlier).reverse() ?? []
  return lines.map((line) => line.split(' ')[1] ?? '')
}

/** A file below a guest's folder, with no link on the way to it. */
async function textOf(folder: string, path: string, limitBytes: number): Promise<string | undefined> {
  let parent = folder
  for (const part of dirname(path).split('/')) {
    if (part === '.') continue
    parent = join(parent, part)
    if ((await kindOf(parent)) !== 'folder') return undefined
  }
  const read = await readGuestFile(parent, basename(path), limitBytes)
  return read.kind === 'read' ? read.bytes.toString('latin1') : undefined
}
