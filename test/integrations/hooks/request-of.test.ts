import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import type { MergeView } from '../../../main/core/task/view.ts'
import { hookMessage, testMessage } from '../../../main/integrations/hooks/hook-message.ts'
import { requestOf } from '../../../main/integrations/hooks/request-of.ts'
import { loggedEnd } from '../../support/logged-events.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const waits: MergeView = {
  merged: false,
  reason: 'conflicts',
  conflicts: ['a.txt'],
  task_ref: 'refs/tasks/7f3a0001',
  detail: 'It collides in a.txt',
}

test('a webhook is signed so that a receiver of the standard takes it, and refuses it changed', () => {
  const now = new Date()
  const { headers, body, url } = requestOf(
    { kind: 'webhook', url: 'https://example.test/in', secret },
    hookMessage(loggedEnd({ seq: 12 }), 'Do this\nand that'),
    now,
  )
  expect(url).toBe('https://example.test/in')
  expect(headers['webhook-id']).toBe('task-7f3a0001-12')
  expect(new Webhook(secret).verify(body, { ...headers })).toEqual({
    type: 'task.merged',
    timestamp: '2026-11-02T00:00:00.000Z',
    data: {
      kind: 'merged',
      task_id: '7f3a0001',
      repo: 'project',
      title: 'project: merged: Do this',
      event: expect.objectContaining({
        type: 'completed',
        seq: 12,
        merge_result: expect.objectContaining({ commits: 2 }),
      }),
    },
  })
  expect(body).not.toContain('pending')
  expect(() => new Webhook(secret).verify(body.replace('Do this', 'Do that'), { ...headers })).toThrow()
})

test("an agent's words are text for Slack: no mention, no link with a name of its own, no hidden character", () => {
  const { body } = requestOf(
    { kind: 'slack', url: 'https://hooks.example.test/T/B/X' },
    hookMessage(
      loggedEnd({
        result: {
          success: true,
          summary: '<!channel> <https://evil.test|our page> \u202egnp.exe',
          files_changed: [],
          error: null,
        },
        mergeResult: waits,
      }),
      'Mend <it> & go',
    ),
    new Date(),
  )
  expect(JSON.parse(body)).toEqual({
    text:
      'project: ended, and its work waits for you: Mend &lt;it&gt; &amp; go\nIt collides in a.txt\n' +
      '&lt;!channel&gt; &lt;https://evil.test|our page&gt; ⟪U+202E⟫gnp.exe',
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  })
})

test('ntfy gets its topic in JSON, so that every letter of a title arrives', () => {
  const target = { kind: 'ntfy', url: 'https://ntfy.example.test/base/my-tasks', token: 'tk_secret' } as const
  const { url, headers, body } = requestOf(target, hookMessage(loggedEnd({ result: null }), 'Ändere das'), new Date())
  expect(url).toBe('https://ntfy.example.test/base/')
  expect(headers).toMatchObject({ authorization: 'Bearer tk_secret' })
  expect(JSON.parse(body)).toEqual({
    topic: 'my-tasks',
    title: 'project: merged: Ändere das',
    message: 'project: merged: Ändere das',
    priority: 3,
  })
})

test('a long text of an agent is cut, and a task that is gone is named by its id', () => {
  const message = hookMessage(
    loggedEnd({ type: 'failed', error: 'x'.repeat(5_000), result: null, mergeResult: null }),
    null,
  )
  expect(message.title).toBe('project: failed: task 7f3a0001')
  expect(message.text.length).toBeLessThan(1_700)
  expect(testMessage('2026-11-02T00:00:00.000Z')).toMatchObject({ kind: 'test', taskId: null })
})
