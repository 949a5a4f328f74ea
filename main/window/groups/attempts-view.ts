import type { AttemptChanges, AttemptColumn, AttemptsView, Judge } from '../../../preload/attempts.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { requireTaskId } from '../../api/views.ts'
import { choiceAmong, chosenNumber } from '../../core/attempts/attempts.ts'
import { AppError, type Failure, toFailure } from '../../core/failure.ts'
import type { Task } from '../../core/task/task.ts'
import { type TaskBrief, usageOf } from '../../core/task/task-brief.ts'
import { visibleLine, visibleText } from '../../core/visible-text.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { changedFile } from '../changed-file.ts'
import { failureInWindow } from '../window-words.ts'

const shownFiles = 500

type Asked = Pick<Tasks, 'attempts' | 'changes' | 'find' | 'get'>

/**
 * What the window shows of all attempts at the task that one of them, or their judge, is of. @throws AppError('task-unknown'), and 'argument-invalid' for a task
 * that is none of several.
 */
export async function attemptsView(
  id: string,
  tasks: Asked,
  rowOf: (task: TaskBrief) => TaskRow,
  signal: AbortSignal,
): Promise<AttemptsView> {
  const asked = await tasks.get(requireTaskId(id))
  const group = asked.attempt?.group ?? asked.judges
  if (group === undefined) {
    throw new AppError('argument-invalid', `Task ${asked.id} is no attempt of several`, {
      hint: 'New Task starts several attempts at one task',
    })
  }
  const members = await tasks.attempts(group)
  const judge = await judgeOf(group, members, tasks, rowOf)
  const columnOf = async (task: Task): Promise<AttemptColumn> => ({
    row: rowOf(task),
    number: task.attempt?.number ?? 0,
    model: task.agent?.model ?? modelIn(task),
    check: task.result?.check ? { ...task.result.check, output: visibleText(task.result.check.output) } : null,
    summary: task.result ? visibleText(task.result.summary) : null,
    changes: task.state.phase === 'finished' ? await changesOf(task, tasks, signal) : null,
  })
  const { kind } = choiceAmong(members)
  const isJudged = kind === 'open' && judge !== null && judge.row.state.phase !== 'finished'
  return {
    choice: isJudged ? 'judged' : kind,
    startCommit: members.find(({ startCommit }) => startCommit !== null)?.startCommit ?? null,
    attempts: await Promise.all(members.map(columnOf)),
    judge,
  }
}

/** As its agent's stream names it: guest data. */
function modelIn(task: Task): string | null {
  const model = usageOf(task)?.model
  return model === undefined ? null : visibleLine(model)
}

async function judgeOf(
  group: string,
  members: readonly Task[],
  tasks: Pick<Tasks, 'find' | 'get'>,
  rowOf: (task: TaskBrief) => TaskRow,
): Promise<Judge | null> {
  const brief = (await tasks.find({ kind: 'group', group })).find(({ judges }) => judges !== undefined)
  if (!brief) return null
  const { result } = await tasks.get(brief.id)
  const attempts = members.flatMap(({ id, attempt }) => (attempt ? [{ number: attempt.number, task: id }] : []))
  const number = result && chosenNumber(result.summary, attempts)
  return {
    row: rowOf(brief),
    said: result && visibleText(result.summary),
    choice: attempts.find((attempt) => attempt.number === number) ?? null,
  }
}

async function changesOf(
  { id }: Task,
  tasks: Pick<Tasks, 'changes'>,
  signal: AbortSignal,
): Promise<AttemptChanges | Failure> {
  try {
    const { commits, files } = await tasks.changes.look(id, signal)
    return {
      commits: commits.length,
      added: sum(files.map(({ added }) => added)),
      removed: sum(files.map(({ removed }) => removed)),
      files: files.slice(0, shownFiles).map((file) => {
        const { path, status, added, removed, binary } = changedFile(file)
        return { path, status, added, removed, binary }
      }),
      fileCount: files.length,
    }
  } catch (error) {
    signal.throwIfAborted()
    return failureInWindow(toFailure(error))
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
