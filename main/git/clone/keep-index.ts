import { lstatSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { writeDerived } from '../../lib/files/atomic-file.ts'
import { bytePath } from '../process/byte-path.ts'
import { differsInOwnerAlone, indexEntries, sealIndex, writeStat } from '../publish/restat-index.ts'

/** Looks between which this process does other things. */
const looksAtOnce = 200
/** A file system's clock goes on in steps of at most so long; what a guest changes has another time then. */
const clockTickMs = 20
/** Of a larger clone the look would be felt before its task begins; git reads all of its files at the end then. */
const mostEntries = 50_000

/**
 * Keeps the index of a clone that no guest has seen yet: what it says of files that no guest touches stays true, by times that no guest can set, and git need not
 * read those again to see what changed. That they were given another owner since is written into it.
 */
export async function keepIndex(
  { workspace, objectFormat }: { readonly workspace: string; readonly objectFormat: 'sha1' | 'sha256' },
  path: string,
): Promise<void> {
  const index = await readFile(join(workspace, '.git', 'index'))
  const entries = indexEntries(index, objectFormat)
  if (entries === null || entries.length > mostEntries) return
  for (const [count, entry] of entries.entries()) {
    if (count % looksAtOnce === looksAtOnce - 1) await turn()
    const stats = lstatSync(bytePath(workspace, entry.name), { bigint: true, throwIfNoEntry: false })
    if (stats && differsInOwnerAlone(index, entry, stats)) writeStat(index, entry.at, stats)
  }
  sealIndex(index, objectFormat)
  await writeDerived(path, index)
  await sleep(clockTickMs)
}
