import { expect, test } from 'vitest'
import { slurmEngine } from '../../main/fleet/slurm/slurm-engine.ts'
import { placeCases } from '../support/fleet/cluster-cases.ts'
import { clusterScene } from '../support/fleet/clustered.ts'
import { expectEngineContract, expectUnreachable } from '../support/fleet/engine-contract.ts'
import { guestThatWaits } from '../support/fleet/waiting-guest.ts'
import { startOrchestrator, untilEnded } from '../support/orchestrator.ts'

placeCases('slurm')

test('Slurm keeps the promises of an engine', async () => {
  await using scene = await clusterScene('slurm', () => 'exit 1')
  await expectEngineContract((home) => slurmEngine(scene.place, home))
  await scene.lab.killController()
  await expectUnreachable(slurmEngine(scene.place, '0123456789abcdef'))
})

test("a job that a limit of the cluster forbids fails its task at once, in Slurm's words", async () => {
  await using scene = await clusterScene('slurm', guestThatWaits, { job: { partition: 'short' } })
  await using home = await startOrchestrator(scene.setup)
  const task = { description: 'Greet', repo: 'project', place: 'cluster' }
  const { state } = await untilEnded(home.orchestrator, await home.orchestrator.run(task))
  expect(state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: { code: 'place-refused', message: expect.stringContaining('Requested time limit is invalid') },
    },
  })
  expect(home.events.read(0)).toHaveLength(1)
  expect(await scene.lab.jobs()).toEqual([])
})
