import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import { htcondorEngine } from '../../main/fleet/htcondor/htcondor-engine.ts'
import { placeCases } from '../support/fleet/cluster-cases.ts'
import { clusterScene } from '../support/fleet/clustered.ts'
import { expectEngineContract, expectUnreachable } from '../support/fleet/engine-contract.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 120_000 }
const task = { description: 'Greet', repo: 'project', place: 'cluster' } as const

placeCases('htcondor')

test('HTCondor keeps the promises of an engine', async () => {
  await using scene = await clusterScene('htcondor', () => 'exit 1')
  await expectEngineContract((home) => htcondorEngine(scene.place, home))
  await scene.lab.killController()
  await expectUnreachable(htcondorEngine(scene.place, '0123456789abcdef'))
})

test("a job that a limit of the pool forbids fails its task at once, in HTCondor's words", async () => {
  const more = [
    ...['SUBMIT_REQUIREMENT_NAMES = Small', 'SUBMIT_REQUIREMENT_Small = RequestMemory < 100'],
    'SUBMIT_REQUIREMENT_Small_REASON = "This pool is for small jobs"',
  ]
  await using scene = await clusterScene('htcondor', () => 'exit 1', { more })
  await using home = await startOrchestrator(scene.setup)
  const { state } = await untilEnded(home.orchestrator, await home.orchestrator.run(task))
  expect(state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: { code: 'place-refused', message: expect.stringContaining('This pool is for small jobs') },
    },
  })
  expect(await scene.lab.jobs()).toEqual([])
})

test('a job that is held before it ran waits with the reason of that, and runs when it is released', async () => {
  await using scene = await clusterScene('htcondor', () => guestThatCommits('greeting.txt'))
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const empty = await scene.lab.fill()
  const id = await orchestrator.run(task)
  await expect.poll(() => scene.lab.jobs(), soon).toMatchObject([{ state: 'waits' }])
  const ofTask = ['-constraint', 'MvoTask =!= undefined'] as const
  await scene.lab.command('condor_hold', ...ofTask, '-reason', 'Ask the administrators first')
  const why = async () => (await placeDetails(orchestrator))[0]?.tasks[0]?.waits_because
  await expect.poll(why, soon).toContain('held: Ask the administrators first')
  await empty()
  await scene.lab.command('condor_release', ...ofTask)
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})
