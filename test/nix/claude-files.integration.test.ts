import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function given(pairs: readonly string[]) {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder)
  await writeFile(join(world.share, 'claude-files'), pairs.map((each) => `${each}\0`).join(''))
  await world.run()
  return { world, laid: join(folder, 'home', '.claude') }
}

test('what comes along lies where Claude looks for it, as it was, and cannot be written', async () => {
  const text = 'quotes \' " $(id) \\ \n\nend'
  const { world, laid } = await given([
    '-CLAUDE.md',
    text,
    '-skills/a b/SKILL.md',
    '',
    'xskills/a b/run.sh',
    '#!/bin/sh\n',
  ])
  expect(await world.result()).toMatchObject({ success: true })
  expect(await world.read(join(laid, 'CLAUDE.md'))).toBe(text)
  const modes = ['CLAUDE.md', 'skills/a b/SKILL.md', 'skills/a b/run.sh'].map(async (path) =>
    ((await stat(join(laid, path))).mode & 0o777).toString(8),
  )
  expect(await Promise.all(modes)).toEqual(['444', '444', '555'])
})

test.each(['-../evil', '-/tmp/evil-of-a-test', '-skills/../../evil'])(
  'with the name %s nothing is run',
  async (name) => {
    const { world, laid } = await given([name, 'x'])
    expect(await world.result()).toMatchObject({
      success: false,
      error: expect.stringContaining('could not be laid down'),
    })
    expect(existsSync(join(laid, '..', 'evil')) || existsSync('/tmp/evil-of-a-test')).toBe(false)
    expect(existsSync(join(world.seen, 'claude-arguments'))).toBe(false)
  },
)
