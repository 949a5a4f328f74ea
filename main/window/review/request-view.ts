import type { RequestView } from '../../../preload/request.ts'
import type { Task } from '../../core/task/task.ts'
import { visibleText } from '../../core/visible-text.ts'
import { readPullRequest } from '../../tasks/record/pull-request-file.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import type { ToldOfRequest } from './request-book.ts'

/** What the window shows of the request for a task's work; null where nothing was done for it at a forge. @throws when its record is damaged. */
export async function requestView(
  task: Pick<Task, 'home' | 'id' | 'workFolder'>,
  told: readonly ToldOfRequest[],
): Promise<RequestView | null> {
  const record = await readPullRequest(filesOf(task))
  if (record === null) return null
  const { forge, project, branch, target, request, checked, brought, problem, notBefore } = record
  const own = told.filter(({ url }) => url === request?.url)
  const checks = checked !== null && checked.commit === brought ? checked.state : null
  const failed =
    checks === 'failed' ? own.findLast(({ what, commit }) => what === 'checks_failed' && commit === brought) : undefined
  return {
    ...{ forge, project, branch, target, request, checks, problem, notBefore },
    failedChecks: failed?.said === undefined ? null : visibleText(failed.said),
    comments: own.flatMap(({ what, seq, at, said }) =>
      what === 'commented' && said !== undefined ? [{ id: String(seq), at, said: visibleText(said) }] : [],
    ),
  }
}
