import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseJsonLines } from '../../main/lib/files/json-lines.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { findShortages } from '../../main/tasks/admission/disk-space.ts'
import { guestThatCommits, registeredRepository, startOrchestrator } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/faults/fill-disk.ts')
const unshare = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])]

// The mount is in a namespace of its own, which a user who is not root can have where user namespaces are open.
test('a record on a full disk holds whole lines only, and goes on when there is room', async () => {
  const folder = await temporaryFolder()
  const script = 'mount -t tmpfs -o size=128k tmpfs "$1" && exec "$2" "$3" "$1"'
  const filled = await run('unshare', [...unshare, 'sh', '-c', script, 'sh', folder, process.execPath, program])
  expect(filled.problem, filled.stderr).toBeNull()
  const { refusal, written, whenFull, after } = JSON.parse(filled.stdout)
  expect(refusal).toBe('ENOSPC')
  expect(written).toBeGreaterThan(2)
  const full = parseJsonLines(Buffer.from(whenFull))
  expect(full).toMatchObject({ damaged: [], completeBytes: whenFull.length })
  expect(full.values).toHaveLength(written)
  expect(parseJsonLines(Buffer.from(after))).toMatchObject({ damaged: [], completeBytes: after.length })
  expect(after.startsWith(whenFull)).toBe(true)
  expect(after.trimEnd().endsWith(`{"number":${written}}`)).toBe(true)
})

test('a guest that fills the disk is stopped while there is room to save its work', async () => {
  const folder = await temporaryFolder()
  const guest = join(import.meta.dirname, '../support/machines/fill-disk-from-guest.ts')
  const script = 'mount -t tmpfs -o size=80m tmpfs "$1" && exec "$2" "$3" "$1"'
  const filled = await run('unshare', [...unshare, 'sh', '-c', script, 'sh', folder, process.execPath, guest])
  expect(filled.problem, filled.stderr).toBeNull()
  expect(JSON.parse(filled.stdout)).toMatchObject({
    state: {
      outcome: { kind: 'failed', failure: { code: 'disk-full', message: expect.stringContaining('runs full') } },
    },
    files: expect.arrayContaining(['work.txt']),
  })
})

test('a machine that prepares an environment ends before it fills the disk, and tasks go on', async () => {
  const folder = await temporaryFolder()
  const preparing = join(import.meta.dirname, '../support/machines/fill-disk-while-preparing.ts')
  const script = 'mount -t tmpfs -o size=80m tmpfs "$1" && exec "$2" "$3" "$1"'
  const filled = await run('unshare', [...unshare, 'sh', '-c', script, 'sh', folder, process.execPath, preparing])
  expect(filled.problem, filled.stderr).toBeNull()
  expect(JSON.parse(filled.stdout)).toEqual({
    told: expect.stringMatching(/^The disk runs full: Only 0\.\d GiB are free/),
    next: 'merged',
  })
})

test('a task that would begin with too little room is refused with the figures, and nothing of it is left', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  await using setup = await startOrchestrator({
    root,
    guest: guestThatCommits('greeting.txt'),
    limits: { minFreeGiB: 1_000_000 },
  })
  await expect(setup.orchestrator.run({ description: 'work', repo: 'project' })).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/^Only \d+\.\d GiB are free on the disk of .*; a new task needs 1000000 GiB$/),
  })
  expect(await setup.orchestrator.list()).toEqual([])
  expect(await setup.orchestrator.warnings()).toEqual([expect.stringMatching(/^Only \d+\.\d GiB are free/)])
  expect(await findShortages([root], 0)).toEqual([])
})
