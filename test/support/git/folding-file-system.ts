import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../temporary.ts'
import { type Folding, howToMount, mountFolding } from './mount-folding.ts'

/** A folder on a file system of the test's own that folds names, as those of macOS do. Undefined, said aloud, on a host that mounts none. */
export async function foldingFolder(folding: Folding): Promise<string | undefined> {
  const mount = await mountFolding(await temporaryFolder(), folding)
  if (!mount) {
    console.warn(`NOT TESTED: this host mounts no file system that folds ${folding}: ${howToMount}`)
    return undefined
  }
  onTestFinished(() => mount.unmount())
  return mount.path
}

/**
 * Whether the test cannot hold on the file system that `npm run test:folding` has put its folders on, for a reason that lies in the
 * test and not in the product; the reason is printed.
 */
export function cannotHoldHere(foldings: readonly Folding[], reason: string): boolean {
  const here = process.env.MVM_TEST_FOLDING as Folding | undefined
  if (here === undefined || !foldings.includes(here)) return false
  console.warn(`NOT TESTED on a file system that folds ${here}: ${reason}`)
  return true
}
