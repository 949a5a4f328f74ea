import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { findTool } from '../../lib/processes/find-tool.ts'
import { runOrThrow } from '../../lib/processes/spawn.ts'

const suite = 'trixie'
const defaultMirror = 'http://deb.debian.org/debian'
export const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Debian's name for the architecture that Node runs on. */
export const debianArchitecture = (arch: NodeJS.Architecture = process.arch): string =>
  arch === 'arm64' ? 'arm64' : 'amd64'

/** True where packages of a newer Debian can be fetched and checked by the system's own apt. */
export async function canUnpackDebianPackages(): Promise<boolean> {
  return (await findTool('apt-get')) !== undefined && (await findTool('dpkg-deb')) !== undefined
}

export interface DebianPackages {
  readonly names: readonly string[]
  /** By Debian's name; left out, it is the host's. */
  readonly architecture?: string
}

/**
 * Fetches packages of Debian trixie with the system's apt, which checks Debian's signatures, and unpacks them into
 * `folder`. Nothing is installed: apt works on lists of its own in a temporary folder. The folder appears whole or not at all.
 * @throws AppError('host-incomplete') when apt cannot get them.
 */
export async function unpackDebianPackages(
  { names, architecture = debianArchitecture() }: DebianPackages,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'microvm-apt-'))
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  const unpacked = await mkdtemp(`${folder}.`)
  try {
    const apt = await privateApt(work, architecture, signal)
    await runOrThrow('apt-get', [...apt, 'update'], { timeoutMs: 300_000 }, signal)
    const downloads = join(work, 'downloads')
    await mkdir(downloads)
    await runOrThrow('apt-get', [...apt, 'download', ...names], { cwd: downloads, timeoutMs: 600_000 }, signal)
    for (const name of await readdir(downloads)) {
      await runOrThrow('dpkg-deb', ['-x', join(downloads, name), unpacked], {}, signal)
    }
    await chmod(unpacked, 0o755)
    await rm(folder, { recursive: true, force: true })
    await rename(unpacked, folder)
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    throw new AppError('host-incomplete', `Cannot fetch ${names.join(', ')} of Debian ${suite}`, {
      hint: `Check that a Debian mirror can be reached and that ${debianKeyring} (package debian-archive-keyring) exists`,
      cause,
    })
  } finally {
    await rm(work, { recursive: true, force: true })
    await rm(unpacked, { recursive: true, force: true })
  }
}

/** Options that keep apt away from the system's sources, lists and package database. */
async function privateApt(work: string, architecture: string, signal: AbortSignal): Promise<readonly string[]> {
  const sources = join(work, 'sources.list')
  await writeFile(sources, `deb [signed-by=${debianKeyring}] ${await debianMirror(signal)} ${suite} main\n`)
  const lists = join(work, 'state')
  const cache = join(work, 'cache')
  await mkdir(join(lists, 'lists', 'partial'), { recursive: true })
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
  const options = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'Dir::State': lists,
    'Dir::State::status': '/dev/null',
    'Dir::Cache': cache,
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Acquire::Languages': 'none',
    // apt would fetch as user `_apt`, who cannot write into a temporary folder of ours.
    ...(process.getuid?.() === 0 && { 'APT::Sandbox::User': 'root' }),
  }
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** The mirror that this system uses already, when it is a Debian one. */
async function debianMirror(signal: AbortSignal): Promise<string> {
  const { stdout } = await runOrThrow(
    'apt-get',
    ['indextargets', '--format', '$(SITE) $(REPO_URI) $(ORIGIN) $(SUITE) $(COMPONENT)', 'Created-By: Packages'],
    {},
    signal,
  )
  const uris = stdout.split('\n').flatMap((line) => {
    const [, uri = '', origin, , component] = line.split(' ')
    return origin === 'Debian' && component === 'main' && !uri.includes('security') ? [uri.replace(/\/$/, '')] : []
  })
  return uris[0] ?? defaultMirror
}
