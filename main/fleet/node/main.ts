import { dirname } from 'node:path'
import { messageOf } from '../../core/failure.ts'
import { cacheDirectory, packageDirectory } from '../../lib/files/paths.ts'
import { ensureOwnFolder } from '../../lib/files/private-folder.ts'
import { createLog } from '../../lib/log.ts'
import { runNode } from './run-node.ts'

/**
 * The program that `places add` copies to another machine: `ROOT/program/KEY/dist/node.js [SCRATCH] VERB NAME`. Everything of that machine's tasks
 * lies in `ROOT`, or in `SCRATCH` where several machines see the same `ROOT`.
 */
const [script = '', ...rest] = process.argv.slice(1)
const scratch = rest[0]?.startsWith('/') ? rest[0] : undefined
const words = scratch === undefined ? rest : rest.slice(1)
const root = scratch ?? dirname(dirname(packageDirectory()))
const self = [process.execPath, script, ...(scratch === undefined ? [] : [scratch])] as const

async function driver() {
  const { createDriver } = await import('../../machines/drivers.ts')
  const { chooseGuest, usualGuest } = await import('../../machines/choose-guest.ts')
  const { ensureGuestImage } = await import('../../machines/guest-image.ts')
  const onProgress = (): void => undefined
  const image = () =>
    ensureGuestImage({ cacheDirectory: cacheDirectory(), onProgress }, undefined, chooseGuest(usualGuest))
  return createDriver({ image, cacheDirectory: cacheDirectory(), log: createLog() })
}

async function doctor(say: (line: string) => void): Promise<boolean> {
  const { hostProblems } = await import('../../machines/host/host-problems.ts')
  const { usualGuest: guest } = await import('../../machines/choose-guest.ts')
  const options = { cacheDirectory: cacheDirectory(), guest }
  const found = await hostProblems(await driver(), options, AbortSignal.timeout(50_000))
  for (const { message, cure, optional } of found) say(JSON.stringify({ message, cure, optional: optional ?? false }))
  return found.every(({ optional }) => optional)
}

try {
  if (scratch !== undefined) await ensureOwnFolder(scratch)
  process.exitCode = await runNode(words, { root, driver, self: [...self], doctor })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
