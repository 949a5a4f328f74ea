import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/fleet/take-bytes.ts')

test('work of which the disk takes only a part is not taken for the whole', async () => {
  const folder = await temporaryFolder()
  const limited = async (bytes: number) => {
    const command = `ulimit -f 100; exec "$0" "$@"`
    return (await run('bash', ['-c', command, process.execPath, program, folder, String(bytes)])).stdout
  }
  expect(await limited(100 * 1024)).toBe('taken')
  expect(await limited(100 * 1024 + 1)).toContain('EFBIG')
})
