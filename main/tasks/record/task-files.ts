import { join } from 'node:path'
import { shareNames } from '../../core/task/share-names.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { tasksDirectory } from '../../lib/files/paths.ts'

export { shareNames }

/**
 * Where a task lies on the host: its folder in the home, and its work folder, which is the same unless a setting named another place for
 * the large parts. Only `repo` and `share` are ever shown to the guest.
 */
export interface TaskFiles {
  readonly home: string
  readonly id: TaskId
  readonly folder: string
  readonly workFolder: string
  readonly events: string
  readonly record: string
  readonly description: string
  readonly console: string
  readonly result: string
  readonly mergeResult: string
  /** Choices of a person who is settling conflicts. */
  readonly resolution: string
  readonly stream: string
  /** What a gateway let through and refused; where the task has one. */
  readonly network: string
  /** What was done for it at its repository's forge. */
  readonly pullRequest: string
  readonly repo: string
  /** What the clone's index said before its guest began, see `keepIndex`; of a clone that was made by copying another task's there is none. */
  readonly clonedIndex: string
  /** The clone of a fork until it begins: a copy of that of another task. */
  readonly copy: string
  /** There once a clone was made for a task that had not come: where it is made, and where one lies that was replaced. No guest sees it. */
  readonly ahead: string
  readonly share: string
  /** Of a task at a place: its work as it came from there, and what was said of it. That is there once all has come. */
  readonly broughtPack: string
  readonly broughtWork: string
  /** What its agent remembers, as it came from there: bytes that go back to a place as they are, and that nothing here reads. */
  readonly broughtSession: string
  /** What is on its way from there, in place of nothing that lies here. */
  readonly coming: { readonly pack: string; readonly result: string; readonly session: string }
  /** What it had while it worked, in case that nothing more comes: which of the two packs, and the commit. */
  readonly checkpoint: string
  readonly checkpointPacks: { readonly a: string; readonly b: string }
}

/** The keys of SSH connections to the task's machine; named as ssh names the machine. */
export const sshFolder = (home: string, id: TaskId): string => join(home, 'ssh', sshHost(id))

export const sshHost = (id: TaskId): string => `${id}.microvm`

/** What Claude remembers, as the runner keeps it in the share. */
export const sessionFolder = ({ share }: Pick<TaskFiles, 'share'>): string => join(share, shareNames.session)

/** Of `taskFiles` this one alone: for anyone who asks for ten thousand. */
export const eventsPath = (home: string, id: TaskId): string => `${tasksDirectory(home)}/${id}/events.jsonl`

export const filesOf = ({ home, id, workFolder }: Pick<Task, 'home' | 'id' | 'workFolder'>): TaskFiles =>
  taskFiles(home, id, workFolder)

/** What the machine is given that checks a task's work as it would be on its branch; gone when it has. */
export const checkFolder = ({ workFolder }: Pick<TaskFiles, 'workFolder'>): string => join(workFolder, 'check')

/** A task's files as that machine has them: a clone and a share of its own, and a console that stays. */
export function filesOfCheck(task: Pick<Task, 'home' | 'id' | 'workFolder'>): TaskFiles {
  const files = filesOf(task)
  const folder = checkFolder(files)
  return {
    ...files,
    ...{ repo: join(folder, 'repo'), share: join(folder, 'share') },
    ...{ console: join(files.workFolder, 'check.log'), network: join(files.folder, 'check-network.jsonl') },
  }
}

export function taskFiles(home: string, id: TaskId, workFolder?: string): TaskFiles {
  const folder = join(tasksDirectory(home), id)
  const large = workFolder ?? folder
  return {
    ...{ home, id, folder, workFolder: large },
    events: eventsPath(home, id),
    record: join(folder, 'task.json'),
    description: join(folder, 'task.md'),
    console: join(large, 'serial.log'),
    result: join(folder, 'result.json'),
    mergeResult: join(folder, 'merge-result.json'),
    resolution: join(folder, 'resolution.json'),
    stream: join(folder, 'claude-stream.jsonl'),
    network: join(folder, 'network.jsonl'),
    clonedIndex: join(folder, 'clone-index'),
    pullRequest: join(folder, 'pull-request.json'),
    repo: join(large, 'repo'),
    copy: join(large, 'copy'),
    ahead: join(large, 'ahead'),
    share: join(large, 'share'),
    broughtPack: join(large, 'brought.pack'),
    broughtWork: join(folder, 'brought.json'),
    broughtSession: join(large, 'brought.session'),
    coming: {
      pack: join(large, 'coming.pack'),
      result: join(large, 'coming.json'),
      session: join(large, 'coming.session'),
    },
    checkpoint: join(folder, 'checkpoint.json'),
    checkpointPacks: { a: join(large, 'checkpoint-a.pack'), b: join(large, 'checkpoint-b.pack') },
  }
}
