import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SshPlace } from '../../main/core/task/task-place.ts'
import { addPlace, findPlace, listPlaces, removePlace } from '../../main/settings/places.ts'
import { temporaryFolder } from '../support/temporary.ts'

const desk: SshPlace = {
  name: 'desk',
  kind: 'ssh',
  host: 'me@desk',
  options: [],
  command: ['/usr/bin/node', '/home/me/node.js'],
}
const lab: SshPlace = { ...desk, name: 'lab', host: 'lab', options: ['Port=2222'] }

test('places are kept in their order for their owner alone, one of a name, under one name of this home', async () => {
  const home = await temporaryFolder()
  expect(await listPlaces(home)).toEqual([])
  await addPlace(home, desk)
  const { homeKey } = await findPlace(home, 'desk')
  await addPlace(home, lab)
  await addPlace(home, { ...desk, host: 'other' })
  expect(await listPlaces(home)).toEqual([lab, { ...desk, host: 'other' }])
  expect(await findPlace(home, 'lab')).toEqual({ ...lab, homeKey })
  expect((await stat(join(home, 'places.json'))).mode & 0o777).toBe(0o600)
  await removePlace(home, 'lab')
  expect((await listPlaces(home)).map(({ name }) => name)).toEqual(['desk'])
  for (const act of [findPlace, removePlace])
    await expect(act(home, 'lab')).rejects.toMatchObject({ code: 'place-unknown' })
})

test.each<[string, Partial<SshPlace>]>([
  ['a name of another kind', { name: 'My Desk' }],
  ['a host that ssh would take for an option', { host: '-oProxyCommand=x' }],
  ['an option with a line of its own', { options: ['Port=1\nHost=b'] }],
  ['what is no option', { options: ['-v'] }],
  ['a path that a shell would read', { command: ['/usr/bin/node', '/a;b'] }],
])('%s is refused, and nothing is kept', async (_what, change) => {
  const home = await temporaryFolder()
  await expect(addPlace(home, { ...desk, ...change })).rejects.toMatchObject({ code: 'argument-invalid' })
  expect(await listPlaces(home)).toEqual([])
})

test('a file that is damaged is named, and stays as it is', async () => {
  const home = await temporaryFolder()
  const path = join(home, 'places.json')
  for (const text of [
    '{',
    '{"home":"x","places":[]}',
    JSON.stringify({ home: '0'.repeat(16), places: [{ ...desk, host: '-x' }] }),
  ]) {
    await writeFile(path, text)
    for (const act of [listPlaces, (at: string) => addPlace(at, lab), (at: string) => removePlace(at, 'desk')])
      await expect(act(home)).rejects.toMatchObject({ code: 'home-unusable', message: expect.stringContaining(path) })
    expect(await readFile(path, 'utf8')).toBe(text)
  }
})
