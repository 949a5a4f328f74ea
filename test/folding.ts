/**
 * `npm run test:folding [-- SUITE...]`: the suites of clone, salvage, merge and checkout with their folders on file systems that fold
 * names: one that takes names for one which differ in case or in how accents are written, as macOS does, and one that folds accents
 * alone. One file at a time, since the file system is a slow one. Fails where it cannot be mounted.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Folding, howToMount, mountFolding } from './support/git/mount-folding.ts'

const suites = [
  'test/git/clone/clone-workspace',
  'test/git/salvage/salvage-everything',
  'test/git/merge/merge-work',
  'test/git/publish/move-checkout',
]
const minuteMs = 60_000
const chosen = process.argv.slice(2)

const unknown = chosen.filter((word) => !suites.some((name) => name.includes(word)))

const failed = unknown.map((word) => `${word}: there is no such suite`)
for (const folding of ['both', 'accents'] as const) await runOn(folding)
for (const name of failed) process.stdout.write(`FAILED ${name}\n`)
process.exitCode = failed.length === 0 ? 0 : 1

async function runOn(folding: Folding): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mvm-folding-')))
  try {
    const mount = await mountFolding(folder, folding)
    if (!mount) {
      failed.push(`${folding}: this host mounts no such file system: ${howToMount}`)
      return
    }
    try {
      for (const suite of suites.filter((name) => chosen.length === 0 || chosen.some((word) => name.includes(word)))) {
        process.stdout.write(
          `== ${suite} where ${folding === 'both' ? 'case and accents are' : 'case is kept and accents are'} folded\n`,
        )
        if (!(await passes(suite, { MVM_TEST_FOLDER: mount.path, MVM_TEST_FOLDING: folding })))
          failed.push(`${suite} (${folding})`)
      }
    } finally {
      await mount.unmount()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function passes(suite: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--project', 'integration', `--testTimeout=${10 * minuteMs}`, suite]
  const child = spawn(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    timeout: 60 * minuteMs,
  })
  const [code] = await once(child, 'close')
  return code === 0
}
