import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import type { Machine, MachineDriver } from '../../../main/machines/driver.ts'
import { subjectsOf } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Its agent's work is done, and once its shares are closed it goes on all the same: with files, commits and another result. */
const goesOn = `${guestThatCommits('greeting-$(cat $SHARE/task.md $SHARE/continue.md 2>/dev/null).txt')}
touch $SHARE/ended
until [ -e $HOME/../closed-\${HOME##*/} ]; do sleep 0.01; done
while :; do
  echo late >>late.txt
  git add -A && git commit -q -m late
  echo '{"success":false,"summary":"","error":"late"}' >$SHARE/result.json
done`

/** Machines whose end their orchestrator hears only when the test says so. */
function heldMachines(root: string) {
  const off = Promise.withResolvers<void>()
  const started: string[] = []
  const reaped: string[] = []
  const driver = (real: MachineDriver): MachineDriver => ({
    ...real,
    start: async (spec, signal) => {
      started.push(spec.name)
      const marker = join(root, 'run', `closed-${spec.name}`)
      await rm(marker, { force: true })
      const machine: Machine = await real.start(spec, signal)
      const closeShares = async (): Promise<void> => {
        await machine.closeShares?.()
        await writeFile(marker, '')
      }
      return { ...machine, closeShares, exited: machine.exited.then((exit) => off.promise.then(() => exit)) }
    },
    reap: async (owner, keep, signal) => {
      const ended = await real.reap(owner, keep, signal)
      reaped.push(...ended.map(({ machine }) => machine))
      return ended
    },
  })
  return { driver, started, reaped, off: () => off.resolve() }
}

test('a task ends while its machine powers off, with the work as it was when its guest was done', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const { driver, started, reaped, off } = heldMachines(root)
  await using setup = await startOrchestrator({ root, guest: goesOn, driver })
  const { orchestrator } = setup
  const first = await orchestrator.run({ description: 'one', repo: 'project' })
  expect(taskView(await untilEnded(orchestrator, first))).toMatchObject({
    status: 'completed',
    merge_result: { merged: true },
  })
  expect((await subjectsOf(repo))[0]).toBe('Add greeting-one.txt')
  expect(setup.events.read(0)).toMatchObject([{ taskId: first, type: 'completed' }])

  // The next one has the slot, and waits for its disks; to go on takes the name as well.
  const second = await orchestrator.run({ description: 'two', repo: 'project' })
  await orchestrator.continue(first, { text: 'more' })
  await expect.poll(async () => (await orchestrator.get(second)).startCommit).not.toBeNull()
  await expect.poll(async () => (await orchestrator.get(first)).state.phase).toBe('booting')
  expect((await orchestrator.get(second)).state).toMatchObject({ phase: 'booting' })
  expect([started, reaped]).toEqual([[first], []])
  off()
  for (const id of [first, second]) {
    expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({ merge_result: { merged: true } })
  }
  expect(started.toSorted()).toEqual([first, first, second].toSorted())
})

test('an orchestrator that ends while it takes the shares away is followed by one that finds the work', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const closing = Promise.withResolvers<void>()
  const stuck = (real: MachineDriver): MachineDriver => ({
    ...real,
    start: async (spec, signal) => {
      const machine = await real.start(spec, signal)
      const closeShares = async (): Promise<void> => {
        await machine.closeShares?.()
        closing.resolve()
        await new Promise(() => undefined)
      }
      return { ...machine, closeShares }
    },
  })
  const first = await startOrchestrator({ root, guest: goesOn, driver: stuck })
  const id = await first.orchestrator.run({ description: 'one', repo: 'project' })
  await closing.promise
  await first[Symbol.asyncDispose]()
  await using second = await startOrchestrator({ root, guest: goesOn })
  expect(taskView(await untilEnded(second.orchestrator, id))).toMatchObject({ error: null, status: 'completed' })
  expect(await readFile(join(repo, 'greeting-one.txt'), 'utf8')).toBe('from one\n')
  expect(second.events.read(0)).toHaveLength(1)
})
