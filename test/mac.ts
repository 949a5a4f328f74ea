/**
 * `npm run test:mac`: what of `test/mac.md` a program can do. The last line is `N passed, N failed`; the exit status says the same.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { failureText, toFailure } from '../main/core/failure.ts'
import { packageDirectory } from '../main/lib/files/paths.ts'
import { findDetached } from '../main/lib/processes/find-processes.ts'
import { runAttached, runOrThrow } from '../main/lib/processes/spawn.ts'
import { openRunRoot } from '../main/machines/run-root.ts'
import { inspectMac } from '../main/machines/vfkit/host.ts'
import { prepareHost } from './support/machines/prepare-host.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const signal = new AbortController().signal
const total = { passed: 0, failed: 0 }
process.chdir(packageDirectory())

const isMac = await step('1  This is a Mac with Apple Silicon', async () => {
  if (process.platform !== 'darwin') throw new Error(`This is ${process.platform}; the steps are for a Mac`)
  const { appleSilicon, macos, rosetta } = await inspectMac()
  say(`   macOS ${macos}, ${rosetta ? 'with' : 'without'} Rosetta for Linux`)
  if (!appleSilicon) throw new Error('It has an Intel processor')
})
if (isMac) {
  const ready = await step(
    '2  The doctor finds nothing missing, and the guest is there (some minutes the first time)',
    async () => {
      const { directory, tools } = await prepareHost((line) => say(`   ${line}`), signal)
      say(`   Guest: ${directory}`)
      const vfkit = tools?.vfkit ?? (await inspectMac()).vfkit
      if (vfkit === undefined) throw new Error('Neither the guest nor this Mac brought a vfkit')
      await runOrThrow(vfkit, ['--version'], {}, signal)
    },
  )
  if (ready) {
    await step('3  Tasks run, are merged, fail with their reasons and outlive their server', async () => {
      const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
      process.env.TESTS = 'all' // One of them is slow.
      const files = ['two-repositories', 'agent-failures', 'restart'].map((name) => `test/e2e/${name}.`)
      const status = await runAttached(process.execPath, [vitest, 'run', '--project', 'machine', ...files])
      if (status !== 0) throw new Error('See above')
    })
    await step('4  Nothing of a machine is left', async () => {
      const left = await findDetached(`${await openRunRoot()}/`)
      if (left.length > 0) throw new Error(left.map(({ name, pid }) => `${name} (${pid})`).join(', '))
    })
  }
}
say('What is left for a person is in test/mac.md.')
process.exitCode = total.failed === 0 ? 0 : 1
say(`${total.passed} passed, ${total.failed} failed`)

async function step(title: string, check: () => Promise<void>): Promise<boolean> {
  say(title)
  try {
    await check()
    total.passed += 1
    say('   ✓')
    return true
  } catch (error) {
    total.failed += 1
    say(`   ✗ ${failureText(toFailure(error))}`)
    return false
  }
}
