import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { CursorFile } from '../../main/tasks/events/cursor-file.ts'
import { UnfinishedTasks } from '../../main/tasks/record/unfinished-tasks.ts'
import { readServerFile, removeServerFile, writeServerFile } from '../../main/web/server-file.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

const damagedAt = (path: string): Promise<string | null> => readFile(`${path}.damaged`, 'utf8').catch(() => null)

/** The file as a host leaves it that loses power in mid-write on a file system that keeps no order, cut at every byte. */
async function forEveryCut(path: string, check: (whole: boolean, cut: string) => Promise<void>): Promise<void> {
  const content = await readFile(path, 'utf8')
  for (let length = 0; length <= content.length; length++) {
    const cut = content.slice(0, length)
    await rm(`${path}.damaged`, { force: true })
    await writeFile(path, cut)
    await check(length >= content.trimEnd().length, cut)
  }
}

test('an index of unfinished tasks that is cut at any byte is set aside as it is, never read as a shorter one', async () => {
  const path = join(await temporaryFolder(), 'unfinished.json')
  const id = taskId('0a1b2c3d')
  await (await UnfinishedTasks.open(path, silentLog)).add(id, '/home/ada/project')
  await forEveryCut(path, async (whole, cut) => {
    const index = await UnfinishedTasks.open(path, silentLog)
    expect(index.entries()).toEqual(whole ? [{ id, repoPath: '/home/ada/project' }] : [])
    expect(await damagedAt(path)).toBe(whole ? null : cut)
  })
})

test('cursors that are cut at any byte are set aside as they are, never read as others', async () => {
  const path = join(await temporaryFolder(), 'cursors.json')
  const ada = { cursor: 12, start: 3, seenAt: '2026-01-02T03:04:05.000Z' }
  const content = { schemaVersion: 1 as const, head: 12, unheard: [7], consumers: { ada } }
  await (await CursorFile.open(path, silentLog)).save(content)
  await forEveryCut(path, async (whole, cut) => {
    const file = await CursorFile.open(path, silentLog)
    expect(file.content).toEqual(whole ? content : { schemaVersion: 1, head: 0, unheard: [], consumers: {} })
    expect(await damagedAt(path)).toBe(whole ? null : cut)
  })
})

test('a server file that is cut at any byte names no server, and the next one replaces it', async () => {
  const home = await temporaryFolder()
  const server = { port: 4711, token: 'x'.repeat(43) }
  await writeServerFile(home, server)
  await forEveryCut(join(home, 'server.json'), async (whole) => {
    expect((await readServerFile(home))?.port).toBe(whole ? 4711 : undefined)
  })
  await writeFile(join(home, 'server.json'), '{"pid":')
  await removeServerFile(home)
  await writeServerFile(home, server)
  expect(await readServerFile(home)).toMatchObject(server)
})
