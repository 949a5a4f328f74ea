import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { until } from '../until.ts'

/** What is one name there: names that differ in case, in how accents are written, or in either. */
export type Folding = 'case' | 'accents' | 'both'

export interface FoldingMount {
  readonly path: string
  unmount(): Promise<void>
}

/** Mounts a file system that folds names, in an empty folder. Undefined on a host that cannot; see `howToMount`. */
export async function mountFolding(folder: string, folding: Folding): Promise<FoldingMount | undefined> {
  const [back, path] = [join(folder, 'back'), join(folder, 'mount')]
  await mkdir(back)
  await mkdir(path)
  const program = join(import.meta.dirname, 'folding_fs.py')
  const options = [folding === 'accents' ? 'keep' : 'fold', folding === 'case' ? 'keep' : 'nfd']
  const { ok } = await run('/usr/bin/python3', ['-c', 'import fusepy'])
  const server = ok ? await startDetached('/usr/bin/python3', [program, back, path, ...options]) : undefined
  let isOver = false
  void server?.ended.then(() => {
    isOver = true
  })
  const isMounted = async () => (await run('mountpoint', ['-q', path])).ok
  if (server) await until(async () => isOver || (await isMounted()))
  if (!server || isOver) return undefined
  return {
    path,
    unmount: async () => {
      await run('fusermount3', ['-u', path])
      await until(() => isOver) // Its process alone would keep nothing waiting.
    },
  }
}

/** It takes /dev/fuse, fusermount3 and the package python3-fusepy. */
export const howToMount = 'apt-get install fuse3 python3-fusepy'
