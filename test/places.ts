/**
 * `npm run test:places`, as root: a pool of real HTCondor on this host, of Debian 13's packages, with tasks in process machines and their failures; and the
 * limits of users and accounts of real Slurm. Installs what is missing, and makes the pool's root file system once. Words after it choose files.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { failureText, toFailure } from '../main/core/failure.ts'
import { packageDirectory } from '../main/lib/files/paths.ts'
import { runAttached } from '../main/lib/processes/spawn.ts'
import { makeCondorRoot } from './support/fleet/condor-root.ts'
import { accountingTools, slurmTools } from './support/fleet/slurm-tools.ts'
import { prepareHost } from './support/machines/prepare-host.ts'

process.chdir(packageDirectory())
process.env.TESTS = 'all'
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const { signal } = new AbortController()

try {
  await prepareHost(say, signal, [
    ...slurmTools(),
    ...accountingTools(),
    { program: 'mmdebstrap', package: 'mmdebstrap', purpose: 'makes the root file system of a pool of HTCondor' },
  ])
  say('The root file system of a pool of HTCondor, made once')
  await makeCondorRoot(signal)
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
  const files = process.argv.length > 2 ? process.argv.slice(2) : ['.places.']
  process.exitCode = await runAttached(process.execPath, [
    ...[vitest, 'run', '--project', 'integration', '--project', 'machine', '--no-file-parallelism', ...files],
  ])
} catch (error) {
  say(failureText(toFailure(error)))
  process.exitCode = 1
}
