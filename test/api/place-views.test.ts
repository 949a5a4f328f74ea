import { expect, test } from 'vitest'
import type { OperationContext } from '../../main/api/operation.ts'
import { checkPlace } from '../../main/api/operations/places/check-place.ts'
import { placeDetails } from '../../main/api/place-views.ts'
import type { Place, Standing } from '../../main/core/task/task-place.ts'
import { newTask, transition } from '../../main/core/task/transition.ts'
import { wantedAmong } from '../../main/core/task/wanted-tasks.ts'
import { identity } from '../support/tasks.ts'

const command = ['/opt/node', '/opt/node.js'] as const
const desk: Place = { name: 'desk', kind: 'ssh', host: 'me@desk', options: [], command }
const cluster: Place = { name: 'cluster', kind: 'slurm', login: null, job: { qos: 'long' }, key: 'node', command }

const at = '2026-01-02T03:04:05.000Z'
const taskAt = (id: string, place: Place) =>
  newTask({ ...identity('/repo', id), place: { ...place, seat: `0123456789abcdef-${id}` } }, '/home')

test('each place has its tasks, with what they wait for in the words of the place', async () => {
  const waiting = taskAt('0a0a0a0a', cluster)
  const running = transition(taskAt('0b0b0b0b', cluster), { type: 'placed', at, node: 'n2' })
  const away = taskAt('0c0c0c0c', desk)
  const standing: Readonly<Record<string, Standing>> = {
    [waiting.id]: { kind: 'waits', why: 'Resources' },
    [running.id]: { kind: 'runs' },
    [away.id]: { kind: 'away', why: 'Connection refused' },
  }
  const views = await placeDetails({
    places: async () => [desk, cluster],
    find: async (wanted) => wantedAmong([waiting, running, away], wanted),
    placeStanding: (id) => standing[id],
  })
  expect(views).toEqual([
    {
      ...{ name: 'desk', kind: 'ssh', host: 'me@desk', job: {}, key: 'home', running: 0, waiting: 1, free: 9 },
      away: 'Connection refused',
      tasks: [expect.objectContaining({ task_id: away.id, status: 'pending', node: null, waits_because: null })],
    },
    {
      ...{
        name: 'cluster',
        kind: 'slurm',
        host: null,
        job: { qos: 'long' },
        key: 'node',
        running: 1,
        waiting: 1,
        free: null,
        away: null,
      },
      tasks: [
        expect.objectContaining({ task_id: waiting.id, status: 'pending', waits_because: 'Resources' }),
        expect.objectContaining({ task_id: running.id, status: 'running', node: 'n2', waits_because: null }),
      ],
    },
  ])
})

test('a place is ready when it lacks nothing that a task cannot do without', async () => {
  const check = (optional: boolean) =>
    checkPlace.call({ place: 'desk' }, {
      tasks: { placeProblems: async () => [{ message: 'No QEMU', cure: 'Install it', optional }] },
      signal: AbortSignal.timeout(1_000),
    } as unknown as OperationContext)
  expect(await check(true)).toMatchObject({ place: 'desk', ready: true, problems: [{ optional: true }] })
  expect(await check(false)).toMatchObject({ ready: false })
})
