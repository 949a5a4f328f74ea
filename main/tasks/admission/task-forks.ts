import { randomUUID } from 'node:crypto'
import { copyFile, lstat, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, messageOf } from '../../core/failure.ts'
import { stricterPolicy } from '../../core/merge/merge-policy.ts'
import { leftMergedFiles, wasDecidedAgainst } from '../../core/task/continued-task.ts'
import { validateDescription } from '../../core/task/description.ts'
import { sessionOf } from '../../core/task/parking.ts'
import { isSession } from '../../core/task/session.ts'
import { allTold, firstText } from '../../core/task/story.ts'
import type { Fork, Task, TaskId, TaskIdentity } from '../../core/task/task.ts'
import { homeKeyOf } from '../../core/task/task-place.ts'
import { pathExists } from '../../lib/files/look.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { copyTree } from '../../lib/guest/copy-tree.ts'
import { firstNames } from '../../lib/guest/first-names.ts'
import { saysDiskFull } from '../../lib/shortage.ts'
import type { ForkRequest, RegisteredRepository } from '../contract.ts'
import type { EndedTasks } from '../finish/ended-tasks.ts'
import type { Lifetime } from '../lifetime.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { filesOf, sessionFolder, type TaskFiles, taskFiles } from '../record/task-files.ts'
import { type RecordOptions, TaskRecord } from '../record/task-record.ts'
import type { UnfinishedTasks } from '../record/unfinished-tasks.ts'
import { workFolderFor } from '../record/work-places.ts'
import { acceptedCaps } from '../run/task-run.ts'
import type { HostCheck } from './host-check.ts'
import { type GoingOnRules, requireGoesOn } from './require-goes-on.ts'
import type { WaitingRoom } from './waiting-room.ts'

export interface ForkOptions {
  readonly rules: GoingOnRules & { readonly tasksFolder?: string | null }
  readonly catalog: Pick<TaskCatalog, 'newId' | 'put'>
  readonly ended: Pick<EndedTasks, 'act'>
  readonly unfinished: UnfinishedTasks
  readonly host: HostCheck
  readonly waiting: WaitingRoom
  readonly recordOptions: RecordOptions
  readonly lifetime: Pick<Lifetime, 'isOver' | 'detach'>
}

/** Makes tasks that go on where one has ended, each with its own copy of the clone and of what the agent remembers. */
export class TaskForks {
  readonly #options: ForkOptions

  constructor(options: ForkOptions) {
    this.#options = options
  }

  /** Resolves with their ids when all are on record; they wait for slots then. @throws AppError that says why there is none. */
  async accept(id: TaskId, request: ForkRequest): Promise<readonly TaskId[]> {
    const { ended, lifetime } = this.#options
    if (lifetime.isOver) throw new AppError('interrupted', 'The orchestrator is shutting down')
    validateDescription(request.text)
    return await ended.act(id, (task) => this.#fork(task, request))
  }

  async #fork(task: Task, request: ForkRequest): Promise<readonly TaskId[]> {
    const { rules, host, waiting, catalog } = this.#options
    if (task.resolves) {
      throw new AppError('argument-invalid', `Task ${task.id} resolved the conflicts of task ${task.resolves.task}`, {
        hint: `continue_task has it go on, and task ${task.resolves.task} can be forked`,
      })
    }
    const repository = await requireGoesOn(task, rules, host)
    const fork = await pointOf(task, repository.startCommit)
    const made: TaskRecord[] = []
    try {
      for (let count = 0; count < request.count; count += 1) {
        made.push(await this.#make(task, { request, repository, fork: { ...fork, copy: randomUUID() } }))
      }
    } catch (error) {
      for (const record of made) {
        await record[Symbol.asyncDispose]()
        await this.#unmake(record.files, record.task.id)
      }
      throw error
    }
    for (const record of made) {
      catalog.put(record.task)
      waiting.add(record)
    }
    waiting.callNext()
    return made.map((record) => record.task.id)
  }

  /** One of them, on record and known to no one yet. */
  async #make(task: Task, { request, repository, fork }: Making): Promise<TaskRecord> {
    const { rules, catalog, unfinished, recordOptions, lifetime } = this.#options
    const id = catalog.newId()
    const workFolder = await workFolderFor(rules.tasksFolder ?? null, id)
    const from = filesOf(task)
    const files = taskFiles(rules.home, id, workFolder)
    await unfinished.add(id, task.repoPath) // A crash leaves nothing that the next start does not know.
    try {
      await mkdir(files.share, { recursive: true, mode: 0o700 })
      // In its place only when it is on record: what no record tells of, and holds a clone, is never deleted by itself.
      if (task.place) await copyBrought(from, files)
      else {
        await copyTree(from.repo, files.copy, lifetime.detach)
        await copyTree(sessionFolder(from), sessionFolder(files), lifetime.detach)
      }
      return await TaskRecord.create(
        rules.home,
        this.#identity(task, { id, workFolder, request, repository, fork }),
        recordOptions,
      )
    } catch (cause) {
      await this.#unmake(files, id)
      if (cause instanceof AppError) throw cause
      const reason = messageOf(cause)
      throw new AppError(
        saysDiskFull(reason) ? 'disk-full' : 'internal',
        `Task ${task.id} cannot be copied: ${reason}`,
        { cause },
      )
    }
  }

  #identity(task: Task, { id, workFolder, request, repository, fork }: Making & Place): TaskIdentity {
    const { rules } = this.#options
    const { text, owner, caps: asked, agent } = request
    const policy = wasDecidedAgainst(task) ? ({ kind: 'review' } as const) : (task.mergePolicy ?? { kind: 'auto' })
    // What the other task's work had to pass, it has to pass also where this one brings it.
    const mergePolicy = stricterPolicy(policy, repository.mergePolicy ?? { kind: 'auto' })
    const { repoPath, environment, base, holdMs, place, repository: identity } = task
    return {
      ...{ id, description: text, repo: repository.alias, repoPath, fork },
      owner: owner ?? null,
      createdAt: new Date().toISOString(),
      caps: { ...(task.caps ?? acceptedCaps(rules.limits, {})), ...asked },
      queue: { priority: 0 },
      ...((task.agent || agent) && { agent: { ...task.agent, ...agent } }),
      ...(environment && { environment }),
      ...(base && { base }),
      ...(holdMs !== undefined && { holdMs }),
      ...(mergePolicy.kind !== 'auto' && { mergePolicy }),
      ...(identity && { repository: identity }),
      ...(workFolder !== undefined && { workFolder }),
      ...(place && { place: { ...place, seat: `${homeKeyOf(place)}-${id}` } }),
    }
  }

  async #unmake({ folder, workFolder }: TaskFiles, id: TaskId): Promise<void> {
    for (const path of [workFolder, folder]) await removeTree(path)
    await this.#options.unfinished.remove(id)
  }
}

interface Making {
  readonly request: ForkRequest
  readonly repository: RegisteredRepository
  readonly fork: Fork
}

interface Place {
  readonly id: TaskId
  readonly workFolder: string | undefined
}

/** Where the forks of a task begin. @throws AppError('task-ended') where its agent's session is not kept. */
async function pointOf(task: Task, startCommit: string): Promise<Omit<Fork, 'copy'>> {
  const session = sessionOf(task)
  const files = filesOf(task)
  const isThere =
    session !== null && isSession(session.id) && (await (task.place ? hasCome(files) : isKept(files, session.id)))
  if (session === null || !isThere) {
    throw new AppError(
      'task-ended',
      `What the agent of task ${task.id} remembers was not kept, so there is nothing to fork`,
      {
        hint: `continue_task has it go on without; run_task with base ${task.id} builds on its work`,
      },
    )
  }
  return {
    ...{ task: task.id, startCommit, branch: task.branch, session: session.id, costUsd: session.costUsd },
    ...{ description: firstText(task), told: allTold(task) },
    // Of one at a place, files that went onto the branch as a commit of the host's are that commit in the clone, too.
    ...(task.place
      ? { line: { commit: task.work?.commit ?? startCommit, wip: task.work?.wip === true && !leftMergedFiles(task) } }
      : leftMergedFiles(task) && { hasMergedLeftovers: true as const }),
  }
}

/** What a fork at a place begins with there, as it came from the place of the other one. */
async function copyBrought(from: TaskFiles, to: TaskFiles): Promise<void> {
  await mkdir(to.workFolder, { recursive: true, mode: 0o700 })
  await copyFile(from.broughtSession, to.broughtSession)
  if (await pathExists(from.broughtPack)) await copyFile(from.broughtPack, to.broughtPack)
}

/** Whether anything came that its agent remembers; an earlier version of the program there sends nothing. */
const hasCome = ({ broughtSession }: TaskFiles): Promise<boolean> =>
  stat(broughtSession).then(
    ({ size }) => size > 0,
    () => false,
  )

/** How many folders of projects are looked into; a session lies in that of its clone. */
const mostProjects = 100

/** Whether the session is there, as far as a guest's word goes: without it the fork would begin anew. */
async function isKept(files: TaskFiles, session: string): Promise<boolean> {
  const folder = sessionFolder(files)
  const found = await Promise.all(
    (await firstNames(folder, mostProjects)).map((project) =>
      lstat(join(folder, project, `${session}.jsonl`)).then(
        (stats) => stats.isFile(),
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
