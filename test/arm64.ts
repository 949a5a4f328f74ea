/**
 * `npm run test:arm64`: the guest of a Mac, which is an ARM, on this host: the Debian image is built for it, and what a driver promises
 * and a whole task with the real Claude Code are tried in machines that QEMU emulates. Emulation is slow, so `npm test` leaves it out.
 * Installs what is missing. The last line is `N passed, N failed`; the exit status says the same.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { failureText, toFailure } from '../main/core/failure.ts'
import { cacheDirectory, packageDirectory } from '../main/lib/files/paths.ts'
import { silentLog } from '../main/lib/log.ts'
import { runAttached } from '../main/lib/processes/spawn.ts'
import type { Problem } from '../main/machines/driver.ts'
import { cureProblems } from '../main/machines/host/cure-problems.ts'
import { createQemuDriver } from '../main/machines/qemu/driver.ts'
import { debianImage, debianSource } from './support/machines/debian-image.ts'
import { guestArchitecture, qemuName } from './support/machines/guest-architecture.ts'

process.env.GUEST_ARCHITECTURE = 'arm64'
process.chdir(packageDirectory())
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const signal = new AbortController().signal
const hourMs = 60 * 60_000
const total = { passed: 0, failed: 0 }

const isReady = await step('1  This host can build and run guests for arm64', async () => {
  const [left] = await cureProblems(missing, { onProgress: (line) => say(`   ${line}`) }, signal)
  if (left) throw new Error(`${left.message}. ${left.cure}`)
})
if (isReady && (await step('2  The guest image', buildImage))) {
  await step('3  A whole task, with the real Claude Code for arm64', () => passes('test/e2e/vfkit.machine.test.ts'))
  await step('4  What every driver promises', () => passes('test/machines/driver-contract.machine.test.ts'))
}
process.exitCode = total.failed === 0 ? 0 : 1
say(`${total.passed} passed, ${total.failed} failed`)

async function missing(): Promise<readonly Problem[]> {
  const image = () => debianImage()
  const architecture = qemuName[guestArchitecture()]
  const driver = createQemuDriver({ image, cacheDirectory: cacheDirectory(), log: silentLog, architecture })
  const problems = [...(await driver.problems(signal)), ...(await debianSource().problems(signal))]
  return problems.filter(({ optional }) => !optional)
}

async function buildImage(): Promise<void> {
  const { directory, kernelVersion } = await debianImage((line) => say(`   ${line}`), signal)
  say(`   ${directory}, Linux ${kernelVersion}`)
}

async function passes(file: string): Promise<void> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const args = [vitest, 'run', '--project', 'machine', '--reporter', 'verbose', `--testTimeout=${hourMs}`, file]
  if ((await runAttached(process.execPath, args)) !== 0) throw new Error('See above')
}

async function step(title: string, check: () => Promise<void>): Promise<boolean> {
  const started = performance.now()
  say(title)
  try {
    await check()
    total.passed += 1
    say(`   ✓ ${Math.round((performance.now() - started) / 1000)} s`)
    return true
  } catch (error) {
    total.failed += 1
    say(`   ✗ ${failureText(toFailure(error))}`)
    return false
  }
}
