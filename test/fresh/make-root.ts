import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../../main/lib/files/paths.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { hostAptConfiguration, hostMirror, sourcesOf } from './host-configuration.ts'

/** What a user has who installed Debian and then Node from it; all else the commands must bring themselves. */
const packages = ['nodejs', 'npm', 'sudo', 'passwd', 'mount', 'ca-certificates', 'util-linux', 'procps']

/** A Debian made from nothing, as a tar file; kept, since its 400 packages for npm take minutes. */
export async function makeRoot(suite: string, signal: AbortSignal): Promise<string> {
  const folder = `${cacheDirectory()}-fresh`
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${suite}.tar`)
  if (existsSync(path)) return path
  const options = ['APT::Install-Recommends "false"', ...(await hostAptConfiguration()).split('\n').filter(Boolean)]
  const unfinished = join(folder, `${suite}.new.tar`)
  await rm(unfinished, { force: true })
  await runOrThrow(
    'mmdebstrap',
    [
      ...['--variant=apt', '--mode=root', ...options.map((option) => `--aptopt=${option}`)],
      ...[`--include=${packages.join(',')}`, suite, unfinished, '-'],
    ],
    { input: sourcesOf(suite, await hostMirror()) },
    signal,
  )
  await rename(unfinished, path)
  return path
}
