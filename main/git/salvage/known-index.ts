import { lstatSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { bytePath } from '../process/byte-path.ts'
import { forgetStat, indexEntries, isAsEntered, sealIndex } from '../publish/restat-index.ts'

/** An index that `keepIndex` may have kept. */
export interface ClonedIndex {
  readonly path: string
  readonly objectFormat: 'sha1' | 'sha256'
}

/** Looks between which this process does other things. */
const looksAtOnce = 200

/**
 * Lays down the index of a clone as it was made, for git to go on with: it reads of the files only those that a guest may have changed since, whatever it made of
 * their times. False where there is none that can be understood.
 */
export async function layKnownIndex(
  { path, objectFormat }: ClonedIndex,
  workspace: string,
  index: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const content = await readFile(path).catch(() => null)
  const entries = content && indexEntries(content, objectFormat)
  if (!content || !entries) return false
  for (const [count, entry] of entries.entries()) {
    if (count % looksAtOnce === looksAtOnce - 1) await turn(undefined, { signal })
    const stats = lookAt(bytePath(workspace, entry.name))
    if (!stats || !isAsEntered(content, entry, stats)) forgetStat(content, entry)
  }
  sealIndex(content, objectFormat)
  await writeFile(index, content, { mode: 0o600 })
  return true
}

/** Nothing where it cannot be looked at either, behind what was a folder. */
function lookAt(path: Buffer) {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
