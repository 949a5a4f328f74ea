/**
 * `node packaging/vfkit.ts`, on a Mac with Go and Apple's command line tools: builds the vfkit that the app carries, in `dist/vfkit`. The
 * commit is named by its hash, and its `go.sum` names the modules that it is built with; one of them is patched.
 */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageDirectory } from '../main/lib/files/paths.ts'
import { runAttached } from '../main/lib/processes/spawn.ts'

const repository = 'https://github.com/crc-org/vfkit'
const version = 'v0.6.4'
const commit = 'f02465693e0cec8bb3b92a9d8324644c63a2e7f2'

const patch = join(packageDirectory(), 'nix/vfkit-half-close.patch')

const target = join(packageDirectory(), 'dist/vfkit')
const work = await mkdtemp(join(tmpdir(), 'vfkit-'))
try {
  await run('git', 'init', '--quiet', work)
  await run('git', '-C', work, 'fetch', '--quiet', '--depth', '1', repository, commit)
  await run('git', '-C', work, 'checkout', '--quiet', '--detach', 'FETCH_HEAD')
  // With it, the end of what the host's side says reaches the guest.
  await run('go', '-C', work, 'mod', 'vendor')
  await run('git', '-C', work, 'apply', '--directory=vendor/github.com/Code-Hex/vz/v3', patch)
  await run('make', '-C', work, 'out/vfkit-arm64', `GIT_VERSION=${version}`)
  await mkdir(target, { recursive: true })
  await copyFile(join(work, 'out/vfkit-arm64'), join(target, 'vfkit'))
  await copyFile(join(work, 'LICENSE'), join(target, 'vfkit-LICENSE'))
  await run(join(target, 'vfkit'), '--version')
} finally {
  await rm(work, { recursive: true, force: true })
}

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const status = await runAttached(file, args)
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with status ${status}`)
}
