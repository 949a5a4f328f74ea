import { AppError } from '../../core/failure.ts'
import {
  type Choice,
  type ConflictsView,
  type ConflictText,
  type FinishedConflicts,
  printOf,
  type Resolution,
} from '../../core/merge/conflicts.ts'
import type { Against, DiffOptions, FileDiff } from '../../core/merge/file-diff.ts'
import { type MergeOutcome, type Selection, taskRef } from '../../core/merge/merge.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { mergeView } from '../../core/task/view.ts'
import { deleteTaskRef } from '../../git/repository/delete-task-ref.ts'
import { inTurn } from '../../lib/in-turn.ts'
import type { CommitSeen } from '../../worker/look-at-work.ts'
import type { Reviews } from '../contract.ts'
import type { EndedTasks } from '../finish/ended-tasks.ts'
import { mergeAgain } from '../finish/merge-again.ts'
import type { Decisions } from '../finish/merge-task.ts'
import type { PublishingRules } from '../finish/waiting-work.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { filesOf } from '../record/task-files.ts'
import { TaskRecord } from '../record/task-record.ts'
import { type Decided, forgetDecided, readDecided, writeDecided } from './choices-file.ts'
import { expandSelection, inspectConflicts } from './look-with-worker.ts'
import { lookAtCommit, lookAtFile, lookAtTask, type TaskReview } from './read-review.ts'
import { requireWork } from './require-work.ts'

export interface ReviewOptions {
  readonly catalog: Pick<TaskCatalog, 'get' | 'put'>
  readonly ended: Pick<EndedTasks, 'act'>
  readonly rules: PublishingRules
}

interface FileName {
  readonly commit: string
  readonly path: string
}

/** What a person decides of work that waits at a task's ref. Until it is merged, nothing of the repository changes. */
export class TaskReviews implements Reviews {
  readonly #options: ReviewOptions

  constructor(options: ReviewOptions) {
    this.#options = options
  }

  async look(id: TaskId): Promise<TaskReview> {
    return await lookAtTask((await this.#waiting(id)).task)
  }

  async commit(id: TaskId, commit: string): Promise<CommitSeen> {
    return await lookAtCommit((await this.#waiting(id)).task, commit)
  }

  async diff(id: TaskId, path: string, against: Against, wish: DiffOptions = {}): Promise<FileDiff> {
    return await lookAtFile((await this.#waiting(id)).task, path, against, wish)
  }

  accept(id: TaskId, selection: Selection = {}): Promise<MergeOutcome> {
    return this.#options.ended.act(
      id,
      async (task) => {
        const commit = await requireWork(task)
        const { repoPath, startCommit } = task
        const chosen =
          startCommit === null
            ? undefined
            : await expandSelection({ work: { repoPath, startCommit, commit }, selection }, id)
        const outcome = await this.#merge(task, chosen ? { selection: chosen } : {})
        const { resolution } = filesOf(task)
        // What collides is settled for the chosen commits, not for all.
        if (outcome.kind === 'merged') await forgetDecided(resolution)
        else if (chosen) await writeDecided(resolution, { choices: [], selection: chosen })
        else if ((await readDecided(resolution)).selection) await forgetDecided(resolution)
        return outcome
      },
      'uncounted',
    )
  }

  reject(id: TaskId, { dropRef }: { readonly dropRef: boolean }): Promise<void> {
    return this.#options.ended.act(id, async (task) => {
      if (task.merge?.kind === 'merged') {
        throw new AppError('task-ended', `The work of task ${id} is on ${task.merge.branch} already`)
      }
      await requireWork(task)
      const files = filesOf(task)
      const kept = dropRef ? 'was dropped with its ref' : `stays at ${taskRef(id)}`
      const merge: MergeOutcome = {
        kind: 'unmerged',
        reason: 'rejected',
        files: [],
        detail: `It was rejected. Its work ${kept}`,
        ...(dropRef && { dropped: true }),
      }
      await using record = await TaskRecord.open(task, { onChange: this.#options.catalog.put })
      await record.add({ type: 'merge-tried', merge, by: 'person' })
      await record.write(files.mergeResult, mergeView(id, merge))
      await forgetDecided(files.resolution)
      if (dropRef) await deleteTaskRef(task.repoPath, id)
    })
  }

  async conflicts(id: TaskId): Promise<ConflictsView> {
    const { task, decided } = await this.#waiting(id)
    return (await inspect(task, decided)).view
  }

  async openConflict(id: TaskId, file: FileName): Promise<ConflictText> {
    const { task, decided } = await this.#waiting(id)
    const { opened } = await inspect(task, decided, file)
    return opened ?? noSuchFile(file)
  }

  choose(
    id: TaskId,
    { commit, path, resolution }: FileName & { readonly resolution: Resolution | null },
  ): Promise<ConflictsView> {
    return inTurn(`resolution of ${id}`, async () => {
      const { task, decided } = await this.#waiting(id)
      const { view } = await inspect(task, decided)
      const found = view.commits
        .find((candidate) => candidate.id === commit)
        ?.files.find(({ conflict }) => conflict.path === path)
      if (!found) return noSuchFile({ commit, path })
      const others = decided.choices.filter((choice) => choice.commit !== commit || choice.path !== path)
      const made: readonly Choice[] =
        resolution === null ? [] : [{ commit, path, print: printOf(found.conflict.sides), resolution }]
      // Tried before it is kept: what a file cannot have is refused here, and not at the end.
      const next = { ...decided, choices: [...others, ...made] }
      const after = await inspect(task, next)
      if (made.length > 0 && after.view.problem !== null) throw new AppError('argument-invalid', after.view.problem)
      await writeDecided(filesOf(task).resolution, next)
      return after.view
    })
  }

  finish(id: TaskId): Promise<FinishedConflicts> {
    return this.#options.ended.act(id, async (task) => {
      const { resolution } = filesOf(task)
      const decided = await this.#decided(task)
      const { view } = await inspect(task, decided)
      if (!view.settled) {
        const open = view.commits.flatMap(({ files }) => files.filter((file) => file.resolution === null))
        const names = open.map(({ conflict }) => conflict.path).slice(0, 5)
        throw new AppError('merge-failed', view.problem ?? `Something has to be chosen first for ${names.join(', ')}`, {
          hint: view.stale.length > 0 ? 'The branch moved: some choices do not hold any more' : 'Choose, then finish',
        })
      }
      const merge = await this.#merge(task, decided)
      if (merge.kind === 'merged' || merge.kind === 'unchanged') await forgetDecided(resolution)
      const after =
        merge.kind === 'unmerged' && merge.reason === 'conflicts' ? (await inspect(task, decided)).view : null
      return { merge, settled: view, stale: after?.stale ?? [] }
    })
  }

  abandon(id: TaskId): Promise<void> {
    return inTurn(`resolution of ${id}`, async () => {
      const task = await this.#options.catalog.get(id)
      await forgetDecided(filesOf(task).resolution)
    })
  }

  /** Who reviews is a person: the command line or the window. */
  #merge(task: Task, decisions: Decisions): Promise<MergeOutcome> {
    const { rules, catalog } = this.#options
    return mergeAgain(task, { by: 'person', decisions, rules, onChange: catalog.put })
  }

  async #waiting(id: TaskId): Promise<{ readonly task: Task; readonly decided: Decided }> {
    const task = await this.#options.catalog.get(id)
    if (task.state.phase !== 'finished') {
      throw new AppError('task-busy', `Task ${id} has not ended yet`, { hint: 'Wait for its end, or cancel it' })
    }
    return { task, decided: await this.#decided(task) }
  }

  /** What was chosen among the commits binds also who settles what collides in them. */
  async #decided(task: Task): Promise<Decided> {
    const { accepted } = task
    const decided = await readDecided(filesOf(task).resolution)
    if (decided.selection || !accepted || (!accepted.only && !accepted.messages)) return decided
    const { commit: _of, ...selection } = accepted
    return { ...decided, selection }
  }
}

async function inspect(task: Task, { choices, selection }: Decided, open?: FileName) {
  const { repoPath, startCommit, branch } = task
  const commit = await requireWork(task)
  if (startCommit === null) throw new AppError('merge-failed', `Task ${task.id} has no clone`)
  const request = {
    ...{ repoPath, startCommit, branch, commit, choices },
    ...(selection && { selection }),
    ...(open && { open }),
  }
  return await inspectConflicts(request, task.id)
}

function noSuchFile({ commit, path }: FileName): never {
  throw new AppError('argument-invalid', `${path} does not collide in ${commit.slice(0, 12)}`, {
    hint: 'The branch or an earlier choice may have changed it: look again',
  })
}
