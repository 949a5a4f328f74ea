import { join } from 'node:path'
import { pathExists } from '../lib/files/look.ts'
import { packageDirectory } from '../lib/files/paths.ts'
import { runOrThrow } from '../lib/processes/spawn.ts'

const longestBuildMs = 5 * 60_000

/**
 * Builds the window in a checkout that has not been built. Once at a time; an installed package or packed app has its window built
 * already, and nothing to build it from.
 * @returns whether there was something to build. @throws RunError with the builder's last words.
 */
export function pageBuilder(): () => Promise<boolean> {
  let building: Promise<boolean> | undefined
  return () => {
    building ??= buildPage().finally(() => {
      building = undefined
    })
    return building
  }
}

async function buildPage(): Promise<boolean> {
  const root = packageDirectory()
  const config = join(root, 'vite.config.ts')
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  if (!(await pathExists(config)) || !(await pathExists(vite))) return false
  await runOrThrow(process.execPath, [vite, 'build', '--config', config, '--mode', 'window', '--logLevel', 'error'], {
    cwd: root,
    timeoutMs: longestBuildMs,
  })
  return true
}
