import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { WindowSettings } from '../../preload/settings.ts'
import { commitFiles } from '../support/git/repositories.ts'
import { guestThatCommits, guestThatWaits } from '../support/orchestrator.ts'
import { until } from '../support/until.ts'
import { startServing } from '../support/window/serving.ts'

const never = new AbortController().signal

/** A server whose settings a window changes, and its slots as that window shows them. */
async function place(guest: string) {
  const serving = await startServing(guest)
  const { calls } = serving.server.window
  return {
    ...serving,
    calls,
    edit: (settings: object) =>
      writeFile(join(serving.home, 'settings.json'), JSON.stringify({ minFreeGiB: 0, ...settings })),
    shown: async () => (await calls.snapshot({}, never)).settings,
    change: (changes: Partial<WindowSettings>) => calls.changeSettings({ changes }, never),
    run: (description: string) => calls.runTask({ repo: 'project', description }, never),
    waitingFor: async () => (await calls.snapshot({}, never)).slots.flatMap(({ machineFor }) => machineFor ?? []),
  }
}

test('machines are booted ahead from the moment on that they are wanted, are shown in their slots, and end when they are not', async () => {
  const { server, change, run, waitingFor } = await place(guestThatWaits(guestThatCommits('hello.txt')))
  await change({ memoryMiB: 1024 })
  const { id } = await run('Greet')
  await until(async () => (await server.tasks.get(id)).announcedSeq !== null)
  expect(await waitingFor()).toEqual([])
  await change({ warmMachines: 1 })
  await until(async () => (await waitingFor()).includes('project'))
  await change({ warmMachines: 0 })
  await until(async () => (await waitingFor()).length === 0)
})

test('conflicts of a task that is at work already are resolved as the setting says when it ends', async () => {
  const guest = guestThatCommits('hello.txt', 'until [ -e $HOME/../go ]; do sleep 0.02; done')
  const { folder, repoPath, server, change, run } = await place(guest)
  await run('Greet')
  await until(async () => (await server.tasks.list()).some(({ state }) => state.phase === 'working'))
  await commitFiles(repoPath, { 'hello.txt': 'from somebody else\n' }, 'Greet differently')
  await change({ resolveConflicts: 'auto' })
  await writeFile(join(folder, 'run', 'go'), '')
  await until(async () => (await server.tasks.list()).length === 2)
  const [, resolver] = await server.tasks.list()
  expect(resolver?.description).toContain('conflict')
})

test('the next machine gets what the window shows, whoever changed it and how', async () => {
  const { server, started, change, edit, run, shown } = await place(guestThatCommits('hello-$$.txt'))
  const next = async (description: string) => {
    const { id } = await run(description)
    await until(async () => (await server.tasks.get(id)).announcedSeq !== null)
    const task = await server.tasks.get(id)
    const spec = started.at(-1)
    const [cpus, memoryMiB, egress] = [spec?.cpus, spec?.memoryMiB, spec?.network.egress]
    const { maxTokens, timeoutMs } = task.caps ?? {}
    return { cpus, memoryMiB, egress, maxTokens, timeoutMs }
  }
  const asShown = async () => {
    const { cpus, memoryMiB, egress, maxTokens, taskTimeoutMs: timeoutMs } = await shown()
    return { cpus, memoryMiB, egress, maxTokens, timeoutMs }
  }
  await change({ cpus: 1, memoryMiB: 1024, egress: 'closed', maxTokens: 5_000, taskTimeoutMs: 70_000 })
  const first = { cpus: 1, memoryMiB: 1024, egress: 'closed', maxTokens: 5_000, timeoutMs: 70_000 }
  expect(await asShown()).toEqual(first)
  expect(await next('Greet')).toEqual(first)
  await edit({ cpus: 2, memoryMiB: 1025, egress: 'open', maxTokens: null, taskTimeoutMs: 80_000 })
  const second = { cpus: 2, memoryMiB: 1025, egress: 'open', maxTokens: null, timeoutMs: 80_000 }
  expect(await asShown()).toEqual(second)
  expect(await next('Greet again')).toEqual(second)
})

test('machines are booted ahead when the file is edited by hand, with no window open', async () => {
  const { server, edit, run, started } = await place(guestThatWaits(guestThatCommits('hello.txt')))
  await edit({ memoryMiB: 1024 })
  const { id } = await run('Greet')
  await until(async () => (await server.tasks.get(id)).announcedSeq !== null)
  await edit({ memoryMiB: 1024, warmMachines: 1 })
  await until(async () => server.tasks.machinesAhead().length === 1 && started.length === 2)
})

test('a file that cannot be understood changes nothing that is in force, begins no task, and shows as a warning', async () => {
  const { server, home, calls, run, shown } = await place(guestThatCommits('hello.txt'))
  const before = await shown()
  await writeFile(join(home, 'settings.json'), '{"egress": "close"}')
  expect(await shown()).toEqual(before)
  expect((await calls.snapshot({}, never)).warnings).toContainEqual(expect.stringContaining('egress'))
  await expect(run('Greet')).rejects.toMatchObject({ code: 'home-unusable' })
  expect(await server.tasks.list()).toEqual([])
})

test('a port that was changed shows as what waits for the next start, beside the one that is in force', async () => {
  const { server, change, shown } = await place(guestThatCommits('hello.txt'))
  await change({ port: 9_000 })
  expect(await shown()).toMatchObject({ port: server.port, atNextStart: { port: 9_000 } })
  await change({ port: server.port })
  expect(await shown()).toMatchObject({ port: server.port, atNextStart: {} })
})
