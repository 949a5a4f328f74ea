import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WorkerProcess } from '../../main/worker/worker-process.ts'
import { makeRepository } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { appDirectory } from '../support/window/build-app.ts'
import { isRealElectron } from '../support/window/desktop-app.ts'

const root = join(import.meta.dirname, '../..')
const program = join(root, isRealElectron ? 'node_modules/.bin/electron' : 'test/support/electron/electron')
const limits = { memoryBytes: 2 * 1024 ** 3, timeMs: 110_000, publishMs: 110_000, answerBytes: 1024 ** 2 }

test("the app's own program is a worker when it is told to be one, and opens no window", async () => {
  const repoPath = await temporaryFolder()
  const startCommit = await makeRepository(repoPath)
  const worker = await WorkerProcess.start({
    file: program,
    args: [appDirectory, '--js-flags=--max-old-space-size=512', '--worker'],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
  })
  onTestFinished(() => worker.end())
  const merge = { repoPath, taskId: 'aaaaaaaa', startCommit, branch: 'main', commit: startCommit }
  expect(await worker.run({ name: 'merge', input: merge }, limits)).toEqual({ kind: 'unchanged', branch: 'main' })
})
