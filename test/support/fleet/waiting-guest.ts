import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { guestThatCommits } from '../orchestrator.ts'

/** A guest that works, then waits for the test, and commits. */
export const guestThatWaits = (root: string): string =>
  guestThatCommits(
    'greeting.txt',
    `echo before >$REPO/before.txt; echo at work; until [ -e ${root}/go ]; do sleep 0.05; done`,
  )

export const letGo = ({ root }: { readonly root: string }): Promise<void> => writeFile(join(root, 'go'), '')
