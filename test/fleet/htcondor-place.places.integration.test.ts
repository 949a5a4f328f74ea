import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import { htcondorEngine } from '../../main/fleet/htcondor/htcondor-engine.ts'
import { placeCases } from '../support/fleet/cluster-cases.ts'
import { clusterScene } from '../support/fleet/clustered.ts'
import { expectEngineContract, expectUnreachable } from '../support/fleet/engine-contract.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const home = '0123456789abcdef'
const soon = { timeout: 120_000 }
const task = { description: 'Greet', repo: 'project', place: 'cluster' } as const

placeCases('htcondor')

test('HTCondor keeps the promises of an engine', async () => {
  await using scene = await clusterScene('htcondor', () => 'exit 1')
  await expectEngineContract((home) => htcondorEngine(scene.place, home))
  await scene.lab.killController()
  await expectUnreachable(htcondorEngine(scene.place, home))
})

test("another user's job that says it is of this home is none of it, whatever the pool shows", async () => {
  await using scene = await clusterScene('htcondor', () => 'exit 1', { more: ['CONDOR_Q_ONLY_MY_JOBS = false'] })
  const { lab, place, root } = scene
  const [seat, other] = [`${home}-0a0a0a0a`, `${home}-0b0b0b0b`]
  const submit = (uid: number, ofSeat: string) => {
    const description = [
      'universe = vanilla',
      'executable = /bin/true',
      'transfer_executable = false',
      'initialdir = /',
    ]
    const own = [
      'should_transfer_files = YES',
      'hold = true',
      `+MvoHome = "${home}"`,
      `+MvoTask = "${ofSeat}"`,
      'queue',
    ]
    const script = `printf '%s\\n' "$@" | condor_submit -terse -`
    return lab.inside(
      ...['env', `CONDOR_CONFIG=${root}/condor/condor_config`, 'HOME=/tmp', 'PATH=/usr/bin:/bin'],
      ...[
        'setpriv',
        `--reuid=${uid}`,
        `--regid=${uid}`,
        '--clear-groups',
        'sh',
        '-c',
        script,
        'sh',
        ...description,
        ...own,
      ],
    )
  }
  await lab.inside('sh', '-c', 'echo other:x:1001:1001::/tmp:/bin/sh >>/etc/passwd')
  await submit(1000, seat)
  await submit(1001, other)
  expect(await lab.command('condor_q', '-constraint', 'MvoTask =!= undefined', '-af', 'Owner')).toBe('lab\nother')
  expect([...(await htcondorEngine(place, home).look(AbortSignal.timeout(60_000))).keys()]).toEqual([seat])
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
