import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endFamily } from '../../../main/lib/processes/end-family.ts'
import { startTimeOf } from '../../../main/lib/processes/process-identity.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

test.runIf(process.platform === 'linux')(
  'once it resolves nothing is written any more, by the process or by those that it started',
  async () => {
    const folder = await temporaryFolder()
    const writes = (name: string) => `while :; do echo x >>${join(folder, name)}; done`
    const { pid } = await startDetached(
      'bash',
      ['-c', `(${writes('child')}) & (${writes('other')}) & ${writes('own')}`],
      {
        env: { PATH: process.env.PATH ?? '' },
      },
    )
    onTestFinished(async () => {
      await run('kill', ['-KILL', '--', `-${pid}`]) // Only where the test failed is there anything left.
    })
    const files = ['child', 'other', 'own'].map((name) => join(folder, name))
    const sizes = () => Promise.all(files.map(async (path) => (await stat(path).catch(() => undefined))?.size ?? 0))
    await until(async () => (await sizes()).every((size) => size > 0))
    const leader = { pid, startTime: (await startTimeOf(pid)) ?? '' }
    await endFamily(leader)
    const before = await sizes()
    const contents = await Promise.all(files.map((path) => readFile(path)))
    expect(contents.map(({ length }) => length)).toEqual(before)
    expect(await sizes()).toEqual(before)
    await endFamily(leader) // It is gone.
  },
)
