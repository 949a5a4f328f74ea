import { deepEqual, equal, ok } from 'node:assert/strict'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { validateDescription } from '../../../main/core/task/description.ts'
import { parseTaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { aliasFor, freeAlias, nearestAlias, validateAlias } from '../../../main/settings/alias.ts'
import { readRepositoriesFile, repositoriesPath } from '../../../main/settings/repositories-file.ts'
import { readSettings, settingsPath, unknownSettings } from '../../../main/settings/settings.ts'
import { findKey, tokenPath } from '../../../main/settings/token.ts'
import { CursorFile } from '../../../main/tasks/events/cursor-file.ts'
import { readEvents } from '../../../main/tasks/events/read-events.ts'
import { loadTask } from '../../../main/tasks/record/load-tasks.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { TaskRecord } from '../../../main/tasks/record/task-record.ts'
import { UnfinishedTasks } from '../../../main/tasks/record/unfinished-tasks.ts'
import { SlotPool } from '../../../main/tasks/slots/slot-pool.ts'
import { readServerFile } from '../../../main/web/server-file.ts'
import { eventsOfGoodTask, taskId } from '../../support/tasks.ts'
import { jsonLike, textLike } from '../mutate.ts'
import { inFolder, orRefusal, pure, type Target } from '../target.ts'

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')
const id = taskId('a1b2c3d4')
const at = '2026-01-02T03:04:05.000Z'
const good = eventsOfGoodTask('/repositories/project')
const failed = [
  good[0],
  { type: 'finished', at, outcome: { kind: 'failed', failure: { code: 'boot-failed', message: 'No.', hint: 'x' } } },
]
const end = (seq: number) => ({
  seq,
  at,
  type: 'completed',
  taskId: id,
  repo: 'project',
  owner: 'client:cli',
  result: { success: true, summary: 'x', files_changed: [], error: null },
  mergeResult: null,
  error: null,
})
const cursors = JSON.stringify({
  schemaVersion: 1,
  head: 12,
  unheard: [7],
  consumers: { 'client:cli': { cursor: 12, start: 3, seenAt: at } },
})

export const hostTargets: readonly Target[] = [
  inFolder("a task's events.jsonl", jsonLike(lines(good), lines(failed)), async (input, folder) => {
    const files = taskFiles(folder, id)
    await mkdir(files.folder, { recursive: true })
    await writeFile(files.events, input)
    const loaded = await loadTask(folder, id, silentLog)
    if (loaded) {
      JSON.stringify(taskView(loaded))
      deepEqual(await loadTask(folder, id, silentLog), loaded)
    }
    const record = await orRefusal(() => TaskRecord.open({ home: folder, id }, { onChange: () => undefined }))
    await record?.[Symbol.asyncDispose]()
  }),
  inFolder(
    'allowed-repos.json',
    jsonLike(JSON.stringify({ project: { path: '/a', added: at } })),
    async (input, home) => {
      await writeFile(repositoriesPath(home), input)
      const entries = await orRefusal(() => readRepositoriesFile(home))
      for (const { path } of entries?.values() ?? []) ok(path.startsWith('/'), 'a path that is not absolute')
      ok((await readFile(repositoriesPath(home))).equals(input), 'the file was changed')
    },
  ),
  inFolder(
    'settings.json',
    jsonLike(
      JSON.stringify({
        port: 9000,
        egress: 'closed',
        cpus: 2,
        host: '::1',
        allowedHosts: ['a.example'],
        other: { x: 1 },
      }),
    ),
    async (input, home) => {
      await writeFile(settingsPath(home), input)
      const settings = await orRefusal(() => readSettings(home))
      if (settings) ok(Number.isInteger(settings.port) && settings.memoryMiB >= 1024, 'a setting out of range')
      await orRefusal(() => unknownSettings(home))
      ok((await readFile(settingsPath(home))).equals(input), 'the file was changed')
    },
  ),
  inFolder('token', textLike('sk-ant-oat01-abcdefghijklmnopqrstuvwxyz\n', 'sk-ant-api03-x'), async (input, home) => {
    await writeFile(tokenPath(home), input, { mode: 0o600 })
    const key = await orRefusal(() => findKey({}, home))
    ok(key === undefined || /^[\x21-\x7e]+$/.test(key.value), 'a key that no header can hold')
  }),
  inFolder('the log of ends', jsonLike(lines([end(1), end(2), end(5)])), async (input, home) => {
    const path = join(home, 'events.jsonl')
    await writeFile(path, input)
    const first = await readEvents(path, silentLog)
    const second = await readEvents(path, silentLog)
    deepEqual(second.events, first.events)
    equal(second.damaged, 0)
    await rm(`${path}.damaged`, { force: true })
  }),
  inFolder('cursors.json', jsonLike(cursors), async (input, home) => {
    const path = join(home, 'cursors.json')
    await writeFile(path, input)
    const first = await CursorFile.open(path, silentLog)
    await first.save(first.content)
    deepEqual((await CursorFile.open(path, silentLog)).content, first.content)
  }),
  inFolder(
    'unfinished.json',
    jsonLike(JSON.stringify({ schemaVersion: 1, tasks: { [id]: '/a' } })),
    async (input, home) => {
      const path = join(home, 'unfinished.json')
      await writeFile(path, input)
      const first = await UnfinishedTasks.open(path, silentLog)
      deepEqual((await UnfinishedTasks.open(path, silentLog)).entries(), first.entries())
    },
  ),
  inFolder('slot-assignments.json', jsonLike(JSON.stringify({ '/a': 3, '/b': 10 })), async (input, home) => {
    await writeFile(join(home, 'slots.json'), input)
    const pool = await orRefusal(() => SlotPool.open(join(home, 'slots.json')))
    if (pool) ok(pool.preferred('/a') >= 1 && pool.preferred('/a') <= 10, 'no slot')
  }),
  inFolder(
    'server.json',
    jsonLike(JSON.stringify({ pid: process.pid, startTime: '1', host: '127.0.0.1', port: 1, token: 'x'.repeat(43) })),
    async (input, home) => {
      await writeFile(join(home, 'server.json'), input)
      equal(await readServerFile(home), undefined) // Its process is another.
    },
  ),
  pure(
    'task texts, ids and aliases',
    textLike('Add a greeting', '0123abcd', 'my-project', 'ä/../x', 'ABC'),
    async (input) => {
      for (const text of [input.toString('utf8'), input.toString('latin1'), input.toString('utf16le')]) {
        await orRefusal(() => validateDescription(text))
        await orRefusal(() => validateAlias(text))
        validateAlias(aliasFor(text))
        validateAlias(freeAlias(aliasFor(text), (alias) => alias.length % 2 === 0 && !alias.endsWith('3')))
        const nearest = nearestAlias(text, ['project', 'my-project', 'x'])
        ok(nearest === undefined || ['project', 'my-project', 'x'].includes(nearest), 'an alias that is none')
        ok(parseTaskId(text) === undefined || /^[0-9a-f]{8}$/.test(text), 'an id that is none')
      }
    },
  ),
]
