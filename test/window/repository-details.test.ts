import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskBrief } from '../../main/core/task/task-brief.ts'
import { matchingNewest } from '../../main/core/task/wanted-tasks.ts'
import { findRepository, registerRepository, setEgress } from '../../main/settings/repositories.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { refusalsIn, repositoryDetails } from '../../main/window/repositories/repository-details.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

const one = taskId('0000000a')
const other = taskId('0000000b')
const refused = (host: string, at: string, port = 443) =>
  ({ verdict: 'refused', reason: 'not-listed', host, port, at }) as const

test('what tasks were refused is told once a destination, the newest first, with how often and the last task', () => {
  const found = refusalsIn([
    {
      task: one,
      events: [
        refused('a.example', '2026-01-01'),
        refused('b.example', '2026-01-02'),
        refused('a.example', '2026-01-03'),
      ],
    },
    {
      task: other,
      events: [refused('a.example', '2026-01-04'), { verdict: 'reached', host: 'c.example', port: 1, at: 'x' }],
    },
    { task: other, events: [refused('a\u202egnp.example', '2026-01-01')] },
  ])
  expect(found.map(({ host, times, task }) => [host, times, task])).toEqual([
    ['a.example', 3, other],
    ['b.example', 1, one],
    ['a⟪U+202E⟫gnp.example', 1, other],
  ])
  const many = Array.from({ length: 300 }, (_, at) => refused(`${at}.example`, `2026-01-01T00:00:${at}`))
  expect(refusalsIn([{ task: one, events: many }])).toHaveLength(100)
})

test('logs of the newest tasks of the repository are read, a damaged or a missing one is none', async () => {
  const home = await temporaryFolder()
  const brief = (id: string, repo: string) => ({ id: taskId(id), home, repo }) as TaskBrief
  const all = [
    brief('0000000a', 'mine'),
    brief('0000000b', 'mine'),
    brief('0000000c', 'yours'),
    brief('0000000d', 'mine'),
  ]
  const write = async (id: string, text: string) => {
    const path = taskFiles(home, taskId(id)).network
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  await write('0000000a', `${JSON.stringify(refused('a.example', '2026-01-01'))}\n{"verdict":"later"}\nnot json\n`)
  await write('0000000b', '\0\0')
  await write('0000000c', `${JSON.stringify(refused('c.example', '2026-01-01'))}\n`)
  const details = await repositoryDetails(
    { newest: async (wish) => ({ tasks: matchingNewest(all, wish), omitted: 0 }) },
    { alias: 'mine', tasksFolder: '/tasks' },
  )
  expect(details.refusals.map(({ host }) => host)).toEqual(['a.example'])
  expect(details.tasksFolder).toBe('/tasks')
})

test('the egress policy of a repository is set as a whole, and taken back to what the settings say', async () => {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  await registerRepository(home, { path: '/project', alias: 'project', merge: 'review' })
  const egress = async () => (await findRepository(home, 'project')).egress
  await setEgress(home, 'project', ['github.com', 'GitHub.com', 'registry.npmjs.org:443'])
  expect(await egress()).toEqual({ kind: 'hosts', hosts: ['github.com', 'registry.npmjs.org:443'] })
  await expect(setEgress(home, 'project', ['127.0.0.1'])).rejects.toMatchObject({ code: 'argument-invalid' })
  await expect(setEgress(home, 'project', [])).rejects.toMatchObject({ code: 'argument-invalid' })
  await expect(setEgress(home, 'other', 'open')).rejects.toMatchObject({ code: 'repository-unknown' })
  await setEgress(home, 'project', 'closed')
  expect(await egress()).toEqual({ kind: 'closed' })
  await setEgress(home, 'project', null)
  expect(await findRepository(home, 'project')).toMatchObject({ egress: null, mergePolicy: { kind: 'review' } })
})
