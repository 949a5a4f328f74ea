import type { BigIntStats } from 'node:fs'
import { copyFile, link, readFile, writeFile } from 'node:fs/promises'
import { bytePath } from '../process/byte-path.ts'
import { move } from './apply-steps.ts'
import { noLinks } from './hold-index.ts'
import { lookAt, type PublishFolder, type Step } from './journal.ts'
import { restatIndex } from './restat-index.ts'

/** Puts the next index in place of the work tree's, with what the files that were brought now look like. The one before is kept. */
export async function swapIndex(
  index: string,
  folder: PublishFolder,
  {
    workTree,
    steps,
    objectFormat,
  }: {
    readonly workTree: string
    readonly steps: readonly Step[]
    readonly objectFormat: 'sha1' | 'sha256'
  },
): Promise<void> {
  const brought = new Map<string, BigIntStats>()
  for (const { kind, path } of steps) {
    const stats = kind === 'bring' ? await lookAt(bytePath(workTree, path)) : undefined
    if (stats) brought.set(path, stats)
  }
  const content = await readFile(folder.index)
  if (restatIndex(content, brought, objectFormat)) await writeFile(folder.index, content)
  await alsoAt(index, folder.indexBefore)
  await alsoAt(folder.index, folder.indexAfter)
  await move(Buffer.from(folder.index), Buffer.from(index))
}

/** The index as it was, unless another program has written it since. */
export async function restoreIndex(index: string, folder: PublishFolder): Promise<void> {
  const [there, after] = await Promise.all([contentOf(index), contentOf(folder.indexAfter)])
  if (there && after && there.equals(after)) await move(Buffer.from(folder.indexBefore), Buffer.from(index))
}

/** A second name for a file, or a copy where there are none. */
async function alsoAt(file: string, other: string): Promise<void> {
  await link(file, other).catch(async (error: NodeJS.ErrnoException) => {
    if (!noLinks.has(error.code ?? '')) throw error
    await copyFile(file, other)
  })
}

const contentOf = (file: string): Promise<Buffer | undefined> =>
  readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
