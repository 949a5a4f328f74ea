import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'

// Vitest gives modules of CommonJS names that Node itself does not give them, and other tests start the worker as one bundle.
test('a worker that was not bundled can load each of its jobs', async () => {
  const jobs = join(packageDirectory(), 'main/worker/jobs.ts')
  const script = `console.log(Object.keys((await import(${JSON.stringify(jobs)})).jobs).join(' '))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(stdout).toContain('find-needs')
})
