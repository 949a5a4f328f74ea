import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commitFiles, gitIn } from '../support/git/repositories.ts'

/** Blobs are of one random megabyte each: nothing compresses them. `replaced` is how many each later commit replaces. */
export interface Material {
  readonly commits: number
  readonly blobs: number
  readonly replaced: number
  readonly smallFiles: number
}

/** Fills a repository, and packs it. */
export async function addMaterial(path: string, { commits, blobs, replaced, smallFiles }: Material): Promise<void> {
  for (let index = 0; index < smallFiles; index++) {
    const folder = join(path, 'source', String(index % 100))
    if (index < 100) await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `file-${index}.txt`), smallText(index))
  }
  let written = 0
  for (let commit = 0; commit < commits; commit++) {
    const files: Record<string, string | Uint8Array> = { 'counter.txt': `${commit}\n` }
    const count = commit === 0 ? blobs : replaced
    for (let blob = 0; blob < count; blob++) files[`assets/${written++ % blobs}.bin`] = randomBytes(1 << 20)
    await commitFiles(path, files, `Commit ${commit}`)
  }
  await gitIn(path, ['repack', '-a', '-d', '-q'])
}

/** About three kilobytes, each file's own, as source text is: some of it repeats. */
const smallText = (index: number): string =>
  Array.from({ length: 40 }, (_, line) => `line ${line} of file ${index}: ${randomBytes(24).toString('hex')}\n`).join(
    '',
  )
