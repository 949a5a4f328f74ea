import { lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Task } from '../core/task/task.ts'
import { pathExists } from '../lib/files/look.ts'
import { run } from '../lib/processes/spawn.ts'
import type { Ends } from './attack.ts'
import { environmentOfUser, type Prepared, userGit, userSettings, victimIsWhole } from './fixtures.ts'

const mebibyte = 1024 ** 2
/** What the host keeps of a guest's words, at most; see the task's files in main/README.md. */
const limits: Readonly<Record<string, number>> = {
  'result.json': 2 * mebibyte,
  'claude-stream.jsonl': 256 * mebibyte,
  // The names of changed files, a MiB of them, are told by two events.
  'events.jsonl': 3 * mebibyte,
  'task.json': 3 * mebibyte,
}

/**
 * What is wrong after a task was finished, one sentence each: looked for after every attack, whatever it tried.
 * @param ends where its work must be by now.
 */
export async function damageOf(
  prepared: Prepared,
  key: string,
  ends: Ends = prepared.attack.ends ?? 'merged',
): Promise<readonly string[]> {
  const { outside } = prepared
  return [
    ...((await pathExists(outside.marker)) ? ['a program of the guest ran on the host'] : []),
    ...((await victimIsWhole(outside)) ? [] : ['a folder of the host was changed']),
    ...('trusted' in {} ? ['every object of this process has a member of the guest'] : []),
    ...(await taskDamage(prepared, key)),
    ...(await repositoryDamage(prepared)),
    ...(await workDamage(prepared, ends)),
  ]
}

/** In the files that the host keeps of the task. */
async function taskDamage({ record, outside }: Prepared, key: string): Promise<readonly string[]> {
  const found: string[] = []
  if (record.task.state.phase !== 'finished') found.push('the task has no end')
  const { folder } = record.files
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (['repo', 'share'].includes(entry.name)) continue
    if (!entry.isFile()) {
      found.push(`${entry.name} in the task's folder is no file`)
      continue
    }
    const { size, mode } = await stat(path)
    const limit = limits[entry.name] ?? mebibyte
    if (size > limit) found.push(`${entry.name} was kept with ${size} bytes`)
    else if (size < 16 * mebibyte) {
      const text = await readFile(path, 'utf8')
      if (text.includes(outside.secret)) found.push(`${entry.name} tells a secret of the host`)
      if (text.includes(key)) found.push(`${entry.name} tells the key`)
    }
    if ((mode & 0o077) !== 0) found.push(`${entry.name} can be read by others`)
  }
  const atKey = await lstat(join(record.files.share, '.api-key')).catch(() => undefined) // It is gone, as it should be.
  if (atKey && !atKey.isDirectory()) found.push('the key, or what took its place, is still in the share')
  // Below a folder nothing is deleted while a guest may live. It goes when the share is given again, and is told until then.
  if (atKey?.isDirectory() && !record.task.notes.some((note) => note.includes('in place of its key file'))) {
    found.push('a folder is in place of the key, and no note of the task tells it')
  }
  return found
}

/** In the user's repository. */
async function repositoryDamage({ project, record, outside, start }: Prepared): Promise<readonly string[]> {
  const found: string[] = []
  const ours = `refs/tasks/${record.task.id}`
  const refs = (await userGit(project, 'for-each-ref', '--format=%(refname) %(objectname)')).stdout.trim().split('\n')
  for (const ref of refs) {
    const [name = '', commit] = ref.split(' ')
    if (name === ours || name === 'refs/heads/main') continue
    if (record.task.work?.also.some((also) => also.ref === name)) continue
    if (!['refs/heads/topic', 'refs/tags/v1'].includes(name)) found.push(`${name} was made in the user's repository`)
    else if (commit !== start) found.push(`${name} of the user was moved`)
  }
  for (const revision of [ours, 'main']) {
    const listed = await run('git', ['-C', project, 'ls-tree', '-r', '-t', '-z', '--name-only', revision])
    for (const path of listed.stdout.split('\0')) {
      if (path.split('/').some(isOurs)) found.push(`${JSON.stringify(path)} of ${revision} is where tasks are shown`)
    }
  }
  const succeeds = async (...args: string[]) => (await run('git', ['-C', project, ...args], { timeoutMs: 60_000 })).ok
  if (!(await succeeds('merge-base', '--is-ancestor', start, 'main'))) found.push("the user's branch lost its commits")
  const fsck = await run('git', ['-C', project, 'fsck', '--strict', '--no-dangling'], { timeoutMs: 60_000 })
  if (!fsck.ok) found.push(`git fsck complains of the user's repository: ${fsck.stderr.trim()}`)
  if (await succeeds('cat-file', '-e', outside.otherCommit)) found.push("another repository's content was brought in")
  const told = await run('git', [
    '-C',
    project,
    'log',
    '--all',
    '-p',
    '--no-textconv',
    '--format=',
    '-S',
    outside.secret,
  ])
  if (told.stdout.includes(outside.secret)) found.push('a secret of the host was committed')
  const status = (await userGit(project, 'status', '--porcelain')).stdout
  if (status !== '') found.push(`the user's checkout is not clean: ${status.trim()}`)
  const foreign = await run('find', [
    project,
    '-name',
    '.microvm',
    '-prune',
    '-o',
    '!',
    '-user',
    ownId(),
    '-print',
    '-quit',
  ])
  if (foreign.stdout !== '') found.push(`${foreign.stdout.trim()} in the user's repository belongs to another user`)
  if ((await readFile(join(project, environmentOfUser), 'utf8')) !== userSettings) {
    found.push('an ignored file of the user was changed')
  }
  return found
}

/** The honest file that every guest leaves must be where the attack's declaration says. */
async function workDamage({ project, record }: Prepared, ends: Ends): Promise<readonly string[]> {
  const isAt = async (revision: string) =>
    (await run('git', ['-C', project, 'cat-file', '-e', `${revision}:honest.txt`])).ok
  const { state } = record.task
  const how = (state.phase === 'finished' ? JSON.stringify(state.outcome) : state.phase).slice(0, 300)
  const onBranch = await isAt('main')
  if (ends === 'merged') return onBranch ? [] : [`the work is not merged: ${how}`]
  if (onBranch) return [`the work is on the branch, where it must wait: ${how}`]
  if (ends === 'beside') {
    const found = await Promise.all((record.task.work?.also ?? []).map(({ ref }) => isAt(ref)))
    return found.includes(true) ? [] : [`no ref beside the task's own has the work: ${how}`]
  }
  return [
    ...((await isAt(`refs/tasks/${record.task.id}`)) ? [] : [`the work is not kept: ${how}`]),
    ...(ends === 'kept' || isHeldFor(record.task, ends.held) ? [] : [`it is not held for ${ends.held}: ${how}`]),
  ]
}

const isHeldFor = ({ merge }: Task, paths: readonly string[]): boolean =>
  merge?.kind === 'unmerged' && merge.reason === 'held_paths' && isDeepStrictEqual(merge.files, paths)

/** A name that some file system takes for the folder that shows users their tasks. */
const isOurs = (name: string): boolean =>
  name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase() === '.microvm'

const ownId = (): string => String(process.getuid?.() ?? 0)
