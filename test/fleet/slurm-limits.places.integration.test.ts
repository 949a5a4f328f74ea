import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import { addPlace } from '../../main/settings/places.ts'
import { clusterScene } from '../support/fleet/clustered.ts'
import { letGo } from '../support/fleet/waiting-guest.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 120_000 }

test("limits of a QOS and of an account have tasks wait with Slurm's reason, or refuse them at once", async () => {
  // Each commits a file of its own.
  const guest = (root: string) =>
    guestThatCommits('$(cat $SHARE/task.md)', `until [ -e ${root}/go ]; do sleep 0.05; done`)
  await using scene = await clusterScene('slurm', guest, {
    accounts: [
      ...['add cluster lab', 'add account work', 'add account team'],
      ...[
        'add qos one',
        'modify qos one set MaxJobsPerUser=1',
        'add qos few',
        'modify qos few set MaxSubmitJobsPerUser=1',
      ],
      'add user root account=work qos=normal,one,few',
      ...['add user root account=team', 'modify user root where account=team set MaxJobs=1'],
    ],
  })
  const places = {
    one: { account: 'work', qos: 'one' },
    team: { account: 'team' },
    few: { account: 'work', qos: 'few' },
  }
  for (const [name, job] of Object.entries(places))
    await addPlace(join(scene.root, 'home'), { ...scene.place, name, job })
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  let count = 0
  const run = (place: string) => {
    count += 1
    return orchestrator.run({ description: `greeting-${count}`, repo: 'project', place })
  }
  const reasons = async () =>
    (await placeDetails(orchestrator)).flatMap(({ tasks }) =>
      tasks.flatMap((task) => (task.status === 'pending' ? [task.waits_because] : [])),
    )

  const few = await run('few')
  await expect.poll(async () => (await orchestrator.get(few)).state.phase, soon).toBe('working')
  expect((await untilEnded(orchestrator, await run('few'))).state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: {
        code: 'place-refused',
        message: expect.stringMatching(/Job violates accounting\/QOS policy.*: QOSMaxSubmitJobPerUserLimit/),
      },
    },
  })

  const ids = [few]
  for (const place of ['one', 'team']) {
    const first = await run(place)
    await expect.poll(async () => (await orchestrator.get(first)).state.phase, soon).toBe('working')
    ids.push(first, await run(place))
  }
  await expect.poll(reasons, soon).toEqual(['QOSMaxJobsPerUserLimit', 'AssocMaxJobsLimit'])
  await letGo(scene)
  for (const id of ids)
    expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})
