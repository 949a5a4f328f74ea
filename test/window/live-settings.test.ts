import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { WindowSettings } from '../../preload/contract.ts'
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
