import { expect, test } from 'vitest'
import { expectFailedWithWork } from '../support/fleet/at-work.ts'
import { failureCases, toWork } from '../support/fleet/cluster-failures.ts'
import { clusterScene } from '../support/fleet/clustered.ts'
import { guestThatWaits } from '../support/fleet/waiting-guest.ts'
import { startOrchestrator, untilEnded } from '../support/orchestrator.ts'

// The lease as we ask for it.
failureCases('htcondor', ['JOB_TRANSFORM_NAMES ='])

test.each([
  ['is held', ['condor_hold', '-reason', 'It takes too much'], 'It takes too much'],
  ['has to leave its node', ['condor_vacate_job'], 'it was to be begun anew'],
])(
  'a job at work that %s is not begun anew elsewhere, and its work comes home',
  async (_what, [program = '', ...words], how) => {
    await using scene = await clusterScene('htcondor', guestThatWaits)
    await using home = await startOrchestrator(scene.setup)
    const { id, node } = await toWork(home.orchestrator)
    await scene.lab.command(program, ...words, '-constraint', 'MvoTask =!= undefined')
    const task = await untilEnded(home.orchestrator, id)
    await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
    expect(task.node).toBe(node)
    expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: ')
    expect(task.notes.join('\n')).toContain(how)
    const others = [
      '-constraint',
      'MvoTask =!= undefined && (NumShadowStarts > 1 || JobStatus < 3)',
      '-af',
      'JobStatus',
    ]
    await expect.poll(() => scene.lab.command('condor_q', ...others)).toBe('')
  },
)
