import { expect, test } from 'vitest'
import { connect, startEndpoint } from '../support/web/mcp-endpoint.ts'

async function start() {
  const endpoint = await startEndpoint()
  return { ...endpoint, client: await connect(endpoint.url) }
}
type Client = Awaited<ReturnType<typeof start>>['client']

async function textOf(client: Client, name: string, given: Record<string, string> = {}): Promise<string> {
  const { messages } = await client.getPrompt({ name, arguments: given })
  expect(messages).toHaveLength(1)
  const [message] = messages
  if (message?.role !== 'user' || message.content.type !== 'text') throw new Error('No text of the user')
  return message.content.text
}

test('the three prompts are listed with their arguments', async () => {
  const { client } = await start()
  const { prompts } = await client.listPrompts()
  expect(prompts.map(({ name, arguments: taken = [] }) => [name, taken.map((it) => [it.name, it.required])])).toEqual([
    ['resolve_conflicts', [['task_id', true]]],
    [
      'fan_out',
      [
        ['plan', true],
        ['repo', false],
      ],
    ],
    ['review_finished', [['repo', false]]],
  ])
})

test('the prompt of the conflict resolver knows the task, the reason and the files', async () => {
  const { client, tasks } = await start()
  const id = await tasks.run({ description: 'Greet\nthe world', repo: 'project' })
  const merge = { kind: 'unmerged', reason: 'conflicts', files: ['a.txt', 'b.txt'], detail: 'They collide' } as const
  await tasks.end(id, { merge })
  const text = await textOf(client, 'resolve_conflicts', { task_id: ` ${id} ` })
  for (const part of [
    `ID: ${id}, at refs/tasks/${id}`,
    'Repository: project, /repositories/project',
    'BRANCH: main',
    'Reason: conflicts. They collide.',
    'Files: a.txt, b.txt',
    '> Greet\n> the world',
    'git worktree add',
  ])
    expect(text).toContain(part)
})

test('a plan is fanned out over the repositories that there are', async () => {
  const { client } = await start()
  const text = await textOf(client, 'fan_out', { plan: 'Mend everything', repo: 'other' })
  for (const part of ['Mend everything', '- project: /repositories/project', 'Work on: other', 'run_task'])
    expect(text).toContain(part)
})

test('what finished is listed by what waits and what is merged, of one repository or all', async () => {
  const { client, tasks } = await start()
  const held = { kind: 'unmerged', reason: 'awaiting_review', files: [], detail: 'Held' } as const
  const waiting = await tasks.run({ description: 'Wait\nmore', repo: 'project' })
  await tasks.end(waiting, { merge: held })
  const merged = await tasks.run({ description: 'Merge', repo: 'other' })
  await tasks.end(merged)
  const all = await textOf(client, 'review_finished')
  expect(all).toContain(`- ${waiting} (project): Wait [awaiting_review, REF refs/tasks/${waiting}, BRANCH main]`)
  expect(all).toContain(`- ${merged} (other): Merge [merged]`)
  const one = await textOf(client, 'review_finished', { repo: 'other' })
  expect(one).not.toContain(waiting)
  expect(one).toContain(merged)
})

test.each([
  ['nothing', {}, "There is no prompt 'nothing'"],
  ['resolve_conflicts', {}, 'task_id is missing'],
  ['resolve_conflicts', { task_id: 'x' }, "There is no task 'x'"],
  ['fan_out', { plan: 'x'.repeat(100_001) }, 'plan is too long'],
])('the prompt %s with %o is refused with the reason', async (name, given, message) => {
  const { client } = await start()
  await expect(client.getPrompt({ name, arguments: given as Record<string, string> })).rejects.toMatchObject({
    code: -32602,
    message: expect.stringContaining(message),
  })
})
