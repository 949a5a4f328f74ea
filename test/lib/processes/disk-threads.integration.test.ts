import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'

const threadsAfter = async (imported: string) => {
  const script = `
    ${imported}
    const { stat } = await import('node:fs/promises')
    await Promise.all(Array.from({ length: 100 }, () => stat('/')))
    console.log(require('node:fs').readdirSync('/proc/self/task').length)`
  const env = { PATH: process.env.PATH ?? '', NODE_NO_WARNINGS: '1' }
  return Number((await runOrThrow(process.execPath, ['-e', `(async () => {${script}})()`], { env })).stdout)
}

test.runIf(process.platform === 'linux')(
  'sixteen threads wait for the disk once it is imported, and four before',
  async () => {
    const path = resolve('main/lib/processes/disk-threads.ts')
    const [four, sixteen] = [await threadsAfter(''), await threadsAfter(`await import(${JSON.stringify(path)})`)]
    expect(sixteen - four).toBe(12)
  },
)
