import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { RequestRecord } from '../../main/core/pull-request.ts'
import type { TaskId } from '../../main/core/task/task.ts'
import type { LoggedEvent, RequestNews } from '../../main/tasks/events/logged-event.ts'
import { writePullRequest } from '../../main/tasks/record/pull-request-file.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { RequestBook, type ToldOfRequest } from '../../main/window/review/request-book.ts'
import { requestView } from '../../main/window/review/request-view.ts'
import { textOfAnswer } from '../../renderer/views/task/request/text-of-answer.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

const id = taskId('a1b2c3d4')
const [old, commit] = ['1'.repeat(40), '2'.repeat(40)]
const url = 'https://github.com/kim/billing-api/pull/12'

/** A log that grows by `tell`. */
function logOf() {
  const events: LoggedEvent[] = []
  const reads: number[] = []
  const log = {
    get head() {
      return events.length
    },
    read: (after: number) => {
      reads.push(after)
      return events.filter(({ seq }) => seq > after)
    },
  }
  const tell = (what: RequestNews, more: Partial<ToldOfRequest> = {}) => {
    const seq = events.length + 1
    const at = `2026-01-02T03:04:0${seq}.000Z`
    events.push({
      ...{ type: 'pull_request', taskId: id, repo: 'project', owner: null },
      ...{ what, number: 12, url, seq, at },
      ...more,
    })
  }
  return { log, tell, reads }
}

test('a row tells of the newest request what was told of it, and each event is read once', () => {
  const { log, tell, reads } = logOf()
  const book = new RequestBook(log)
  expect(book.readNew()).toEqual([])
  tell('opened')
  expect(book.readNew()).toEqual([id])
  expect(book.rowOf(id)).toEqual({ state: 'open', text: 'Pull request 12 open' })
  const row = book.rowOf(id)
  expect(book.readNew()).toEqual([])
  expect(book.rowOf(id)).toBe(row)
  tell('checks_failed', { commit })
  tell('commented')
  tell('commented')
  book.readNew()
  expect(book.rowOf(id)?.text).toBe('Pull request 12 open, checks failed, 2 comments')
  tell('checks_passed', { commit })
  tell('closed')
  book.readNew()
  expect(book.rowOf(id)).toEqual({ state: 'closed', text: 'Pull request 12 closed, checks passed, 2 comments' })
  tell('opened', { number: 13, url: 'https://github.com/kim/billing-api/pull/13' })
  book.readNew()
  expect(book.rowOf(id)).toEqual({ state: 'open', text: 'Pull request 13 open' })
  expect(reads).toEqual([0, 1, 4, 6])
  expect(book.rowOf('00000000' as TaskId)).toBeUndefined()
})

test('the request of a task is shown with checks of its newest commit and with what was said, hidden signs visible', async () => {
  const task = { home: await temporaryFolder(), id }
  const { log, tell } = logOf()
  const book = new RequestBook(log)
  tell('opened')
  tell('commented', { said: 'kim: see \u202eabove' })
  tell('checks_failed', { commit: old, said: 'lint' })
  tell('checks_failed', { commit, said: 'test, build' })
  book.readNew()
  expect(await requestView(task, book.toldOf(id))).toBeNull()
  const files = taskFiles(task.home, id)
  await mkdir(dirname(files.pullRequest), { recursive: true })
  const record: RequestRecord = {
    ...{ forge: 'github', project: 'kim/billing-api', branch: `microvm/${id}`, target: 'main', pushed: [old, commit] },
    ...{ brought: commit, request: { number: 12, url, state: 'open' }, checked: { commit, state: 'failed' } },
    ...{ heard: [], problem: null, tries: 0, notBefore: null },
  }
  await writePullRequest(files, record)
  const view = await requestView(task, book.toldOf(id))
  expect(view).toMatchObject({
    ...{ checks: 'failed', failedChecks: 'test, build', request: { number: 12 } },
    comments: [{ id: '2', said: 'kim: see ⟪U+202E⟫above' }],
  })
  // Checks of a commit before say nothing of the one that is there now.
  await writePullRequest(files, { ...record, brought: '3'.repeat(40) })
  expect(await requestView(task, book.toldOf(id))).toMatchObject({ checks: null, failedChecks: null })
})

test('the agent is told what was said since its last run began, as quotations, and nothing where there is nothing', () => {
  const comment = (second: number, said: string) => ({
    id: String(second),
    at: `2026-01-02T03:04:0${second}.000Z`,
    said,
  })
  const view = {
    request: { number: 12, url, state: 'open' as const },
    failedChecks: null,
    comments: [comment(1, 'kim: old'), comment(5, 'ada: rename it\nplease'), comment(6, 'kim: yes')],
  }
  const begun = '2026-01-02T03:04:03.000Z'
  const text = textOfAnswer(view, begun)
  expect(text).toContain('> ada: rename it\n> please\n\n> kim: yes')
  expect(text).not.toContain('old')
  expect(textOfAnswer(view, '2026-01-02T03:05:00.000Z')).toBeNull()
  expect(textOfAnswer({ ...view, failedChecks: 'test' }, '2026-01-02T03:05:00.000Z')).toContain('> test')
  expect(textOfAnswer({ ...view, request: null }, begun)).toBeNull()
  const long = textOfAnswer({ ...view, comments: [comment(5, 'x'.repeat(39_999)), comment(6, 'newest')] }, begun)
  expect(long).toContain('newest')
  expect(long?.length).toBeLessThan(1_000)
})
