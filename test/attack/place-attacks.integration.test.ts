import { expect, test } from 'vitest'
import { placeAttacks, saidByUser, silentHome } from '../../main/attack/catalog/place-attacks.ts'
import { hearPlace, saidVerdicts } from '../../main/attack/hear-place.ts'
import { temporaryFolder } from '../support/temporary.ts'

test.for(placeAttacks.map((attack) => [attack.name, attack] as const))(
  '%s harms a home that believes it, and not this one',
  async ([, attack]) => {
    expect(await saidVerdicts(await temporaryFolder(), [attack])).toMatchObject([
      { broken: [], proof: expect.any(String) },
    ])
  },
)

test('what an honest place says is heard to its end, so that an attack that is not heard would be found', async () => {
  const [attack] = placeAttacks
  if (!attack) throw new Error('no attacks')
  const read = [{ id: saidByUser, as: 'answered' }]
  const status = { phase: 'working', why: null, hasMachine: true, hasAgent: true, stopReason: null, waits: null }
  const frames = () => [
    { message: { type: 'status', status: { ...status, notes: ['A note'], read } } },
    { message: { type: 'done', end: { kind: 'failed', failure: { code: 'internal', message: 'Over' } } } },
  ]
  expect(await hearPlace(await temporaryFolder(), { ...attack, frames })).toMatchObject({
    notes: ['A note'],
    messages: [{ id: saidByUser, state: 'answered' }],
    failure: { message: 'Over' },
  })
  expect(
    placeAttacks.map(({ name, harm }) => [
      name,
      harm({ ...silentHome, messages: [{ id: saidByUser, state: 'answered' }] }),
    ]),
  ).toEqual(placeAttacks.map(({ name }) => [name, undefined]))
})
