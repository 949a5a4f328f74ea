import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SlotId, TaskId } from '../core/task/task.ts'
import { cloneWorkspace } from '../git/clone/clone-workspace.ts'
import { excludeTasks } from '../git/repository/exclude-tasks.ts'
import { removeTree } from '../lib/files/remove-tree.ts'
import { runOrThrow } from '../lib/processes/spawn.ts'
import { TaskRecord } from '../tasks/record/task-record.ts'
import { writeShare } from '../tasks/run/write-share.ts'
import type { Assignment } from '../tasks/slots/provisions.ts'
import type { Fixture, LeftBehind } from './attack.ts'

/** One attack's task, with a repository of its own to work on, and what it must leave alone. */
export interface Prepared {
  readonly attack: LeftBehind
  readonly record: TaskRecord
  /** The user's repository, and its commit on `main` when the task began. */
  readonly project: string
  readonly start: string
  /** Where share and clone lie while the guest has them. */
  readonly inGuest: Pick<Fixture, 'share' | 'repo'>
  readonly outside: Omit<Fixture, 'share' | 'repo'>
}

/** What all attacks of a run have in common. */
export interface Bait {
  readonly folder: string
  readonly template: string
  readonly other: string
  readonly otherCommit: string
  readonly secret: string
  /** In place of an API key. */
  readonly key: string
}

export const environmentOfUser = '.env'
export const userSettings = 'API=https://user.example\n'
const victimText = 'The user wrote this.\n'

/** Hooks of an attack are for the host to keep from, and not for our own look at what became of it. */
const identity = [
  'user.name=Uma User',
  'user.email=uma@example.invalid',
  'init.defaultBranch=main',
  'core.hooksPath=/dev/null',
].flatMap((setting) => ['-c', setting])
export const userGit = (folder: string, ...args: readonly string[]) =>
  runOrThrow('git', ['-C', folder, ...identity, ...args], { timeoutMs: 60_000 })

/** The user's two repositories: the one that projects are copied from, and one that no task may look into. */
export async function layBait(folder: string): Promise<Bait> {
  const secret = `secret-${randomBytes(12).toString('hex')}`
  const template = join(folder, 'template')
  const other = join(folder, 'other')
  for (const path of [template, other]) {
    await mkdir(path)
    await userGit(path, 'init', '--quiet', '--template=')
  }
  await mkdir(join(template, 'dir'))
  await writeFile(join(template, 'a.txt'), 'one\n')
  await writeFile(join(template, 'dir', 'inside.txt'), 'inside\n')
  await writeFile(join(template, '.gitignore'), `${environmentOfUser}\n`)
  await writeFile(join(template, 'flake.nix'), '{ outputs = _: { }; }\n')
  await writeFile(join(template, environmentOfUser), userSettings)
  await writeFile(join(other, 'secret.txt'), `${secret}\n`)
  for (const path of [template, other]) {
    await userGit(path, 'add', '--all')
    await userGit(path, 'commit', '--quiet', '--message=Start')
  }
  await userGit(template, 'branch', 'topic')
  await userGit(template, 'tag', 'v1')
  await userGit(other, 'repack', '-adq')
  const { stdout } = await userGit(other, 'rev-parse', 'HEAD')
  return {
    folder,
    template,
    other,
    otherCommit: stdout.trim(),
    secret,
    key: `sk-ant-${randomBytes(24).toString('hex')}`,
  }
}

/** Attacks of one lane are judged one after the other. */
export const laneCount = 2

/**
 * A task of its own for the attack, as the orchestrator makes one; its share and clone go where the guest will find them. Each has a home of
 * its own. The tasks of a lane have one id, so that a process that reads what guests left, and takes a second to start, serves them all:
 * what one did to it the next ones would show.
 */
export async function prepare(attack: LeftBehind, bait: Bait, index: number, signal: AbortSignal): Promise<Prepared> {
  const { folder, template, other, otherCommit, secret } = bait
  const id = (0xa77ac000 + (index % laneCount)).toString(16) as TaskId
  const project = join(folder, 'projects', attack.name)
  const hidden = join(folder, 'host', attack.name)
  await mkdir(join(folder, 'projects'), { recursive: true })
  await mkdir(join(hidden, 'victim'), { recursive: true })
  await runOrThrow('cp', ['-R', template, project])
  await excludeTasks(project, signal)
  const record = await TaskRecord.create(
    join(folder, 'tasks-of', attack.name),
    {
      id,
      description: attack.tries,
      repo: attack.name,
      repoPath: project,
      owner: null,
      createdAt: new Date().toISOString(),
    },
    { onChange: () => undefined },
  )
  const { files } = record
  await record.add({ type: 'slot-leased', slot: 1 as SlotId })
  const { startCommit, branch } = await cloneWorkspace({ repoPath: project, workspace: files.repo, taskId: id }, signal)
  await record.add({ type: 'cloned', startCommit, branch })
  await writeShare(files, record.task, assignmentWith(bait.key))
  const outside = {
    secret,
    secretFile: join(hidden, 'secret.json'),
    victim: join(hidden, 'victim'),
    fire: join(hidden, 'fire'),
    marker: join(hidden, 'marker'),
    other,
    otherCommit,
  }
  await restore(outside)
  await writeFile(outside.secretFile, `{"success":true,"summary":"${secret}","files_changed":[],"error":null}\n`)
  await writeFile(outside.fire, `#!/bin/sh\ntouch '${outside.marker}'\n`, { mode: 0o755 })
  await attack.user?.({ project, ...outside })
  const inGuest = {
    share: join(folder, 'guest', attack.name, 'share'),
    repo: join(folder, 'guest', attack.name, 'repo'),
  }
  return { attack, record, project, start: startCommit, inGuest, outside }
}

export const assignmentWith = (key: string): Assignment => ({
  key: { variable: 'ANTHROPIC_API_KEY', value: key },
  variables: {},
  egress: 'closed',
})

/** Makes the victim whole again after a naive host. */
export async function restore({ victim }: Pick<Fixture, 'victim'>): Promise<void> {
  await removeTree(victim)
  await mkdir(victim, { recursive: true })
  await writeFile(join(victim, 'keep.txt'), victimText)
}

/** Nothing in it was changed, taken away or added. */
export async function victimIsWhole({ victim }: Pick<Fixture, 'victim'>): Promise<boolean> {
  const names = await readdir(victim).catch(() => [])
  return names.join() === 'keep.txt' && (await readFile(join(victim, 'keep.txt'), 'utf8')) === victimText
}
