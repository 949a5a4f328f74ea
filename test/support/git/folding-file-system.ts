import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { run } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { temporaryFolder } from '../temporary.ts'
import { until } from '../until.ts'

export type Folding = 'case' | 'accents' | 'both'

/**
 * A folder on a file system of the test's own that has one file for names that are alike, as those of macOS do. Undefined, said aloud, on a
 * host that cannot mount one: it takes /dev/fuse, fusermount3 and the package python3-fusepy.
 */
export async function foldingFolder(folding: Folding): Promise<string | undefined> {
  const folder = await temporaryFolder()
  const [back, mount] = [join(folder, 'back'), join(folder, 'mount')]
  await mkdir(back)
  await mkdir(mount)
  const program = join(import.meta.dirname, 'folding_fs.py')
  const options = [folding === 'accents' ? 'keep' : 'fold', folding === 'case' ? 'keep' : 'nfd']
  const { ok } = await run('/usr/bin/python3', ['-c', 'import fusepy'])
  const server = ok ? await startDetached('/usr/bin/python3', [program, back, mount, ...options]) : undefined
  let isOver = false
  const ended = server?.ended.then(() => {
    isOver = true
  })
  const isMounted = async () => (await run('mountpoint', ['-q', mount])).ok
  if (server) await until(async () => isOver || (await isMounted()))
  if (!server || isOver) {
    console.warn(
      `NOT TESTED: this host mounts no file system that folds ${folding}: apt-get install fuse3 python3-fusepy`,
    )
    return undefined
  }
  onTestFinished(async () => {
    await run('fusermount3', ['-u', mount])
    await ended
  })
  return mount
}
