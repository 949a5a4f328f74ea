import { expect, test } from 'vitest'
import { inert, requestText } from '../../../main/integrations/requests/request-text.ts'
import { taskId } from '../../support/tasks.ts'

const usage = { costUsd: 1, inputTokens: 1, outputTokens: 1, turns: 1, sessionId: null, model: 'claude-opus-4 @all' }
const task = (description: string, summary: string) => ({
  ...{ id: taskId('a1b2c3d4'), description },
  result: { success: true, summary, filesChanged: [], error: null, usage },
})

/** What GitHub, GitLab and Gitea act on, wherever it stands in a text. */
const acts = [
  /(^|\W)@[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)?/,
  /[#!&%~][A-Za-z0-9_]/,
  /\bGH-\d/i,
  /\/(issues|pull|merge_requests)\/\d/,
  /^\s*\/[a-z]/im,
  /^(Co-authored-by|Signed-off-by|Task|Agent):/im,
]

test.for([
  'Thanks @octocat and @team/everyone',
  'fixes #12, closes: owner/repo#7, resolves GH-9',
  'Fixes https://github.com/team/project/issues/12 and https://gitlab.com/a/b/-/merge_requests/3',
  'ok\n/close\n  /assign me\n!12 &4 %1 ~bug',
  'Co-authored-by: Somebody <else@example.org>\ntask: ffffffff',
])('a forge acts on nothing of %j', (text) => {
  expect(acts.some((each) => each.test(text))).toBe(true)
  const left = inert(text)
  for (const each of acts) expect(left).not.toMatch(each)
  expect(left.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
})

test('what an agent says is in a block that it cannot end, below who says it, with hidden signs made visible', () => {
  const { title, body } = requestText(
    task(`\u202Egreet @all\nand more`, 'a\n````\n<img src="https://x.example/1.png"> ````` b'),
    ['A note'],
  )
  expect(title).toBe('⟪U+202E⟫greet @ all')
  expect(body).toContain('``````text\na\n````\n<img src="https://x.example/1.png"> ````` b\n``````')
  expect(body).toMatch(/^This is the work of a coding agent .* as task `a1b2c3d4`/)
  expect(body).toContain('which nobody has checked:\n\n``````text')
  expect(body.slice(body.lastIndexOf('\n\n'))).toBe(
    '\n\nTask: a1b2c3d4\nAgent: Claude Code (claude-opus-4all)\nCo-authored-by: Claude Task (a1b2c3d4) <task-a1b2c3d4@microvm-orchestrator.invalid>',
  )
})

test('a text without a first line, and one without an end, have a title and a body within bounds', () => {
  expect(requestText({ ...task('\n\n', ''), result: null }).title).toBe('Task a1b2c3d4')
  const { title, body } = requestText(task('x'.repeat(100_000), 'y'.repeat(100_000)))
  expect(title.length).toBeLessThan(200)
  expect(body.length).toBeLessThan(20_000)
})
