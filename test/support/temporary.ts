import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Where the folders of tests lie, when not where the system has such: `npm run test:folding` names a file system of another kind. */
const parent = process.env.MVM_TEST_FOLDER ?? tmpdir()

/** A folder of the test's own, by its real path, gone when the test is over; a process that is just ending may still write there. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(parent, 'mvm-test-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}
