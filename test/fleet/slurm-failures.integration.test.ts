import { expect, test } from 'vitest'
import { expectFailedWithWork } from '../support/fleet/at-work.ts'
import { failureCases, toWork } from '../support/fleet/cluster-failures.ts'
import { clusterScene } from '../support/fleet/clustered.ts'
import { guestThatWaits } from '../support/fleet/waiting-guest.ts'
import { startOrchestrator, untilEnded } from '../support/orchestrator.ts'

failureCases('slurm')

test('a job that a more urgent one pushes out is not begun anew elsewhere, and its work comes home', async () => {
  await using scene = await clusterScene('slurm', guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const { id } = await toWork(home.orchestrator)
  const urgent = ['--partition=urgent', '--nodes=2', '--exclusive', '--output=/dev/null', '--wrap=sleep 1']
  await scene.lab.command('sbatch', ...urgent)
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
  expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: PREEMPTED')
})
