import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findTool } from '../../lib/processes/find-tool.ts'
import { run } from '../../lib/processes/spawn.ts'
import type { Confinement } from './confine.ts'
import { debianArchitecture } from './debian-tools.ts'

/** A program that we need newer than some systems have it. */
export interface NewerTool {
  readonly name: 'virtiofsd' | 'passt'
  /** Where systems that ship it put it. */
  readonly systemPaths: readonly string[]
  /** The option that makes it tell what it is, and what its answer must show. */
  readonly probe: string
  readonly isNewEnough: (answer: string) => boolean
  /** Path inside the unpacked Debian packages. */
  readonly path: string
  /** The Debian packages to unpack: the program, its loader and its libraries. */
  readonly packages: readonly string[]
}

export const newerTools: Readonly<Record<NewerTool['name'], NewerTool>> = {
  virtiofsd: {
    name: 'virtiofsd',
    systemPaths: ['/usr/libexec/virtiofsd', '/usr/lib/virtiofsd', '/usr/lib/qemu/virtiofsd'],
    probe: '--version',
    // Since 1.13 it translates owners; the older one written in C calls itself after QEMU.
    isNewEnough: (output) => {
      const [, major = '0', minor = '0'] = /^virtiofsd (?:backend )?(\d+)\.(\d+)/m.exec(output) ?? []
      return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 13)
    },
    path: 'usr/libexec/virtiofsd',
    packages: ['virtiofsd', 'libc6', 'libgcc-s1', 'libseccomp2', 'libcap-ng0'],
  },
  passt: {
    name: 'passt',
    systemPaths: ['/usr/bin/passt'],
    // Not every build prints its version. This option came after packets to a loopback address were refused.
    probe: '--help',
    isNewEnough: (answer) => answer.includes('--map-host-loopback'),
    path: 'usr/bin/passt',
    packages: ['passt', 'libc6'],
  },
}

export type FoundTool =
  | { readonly kind: 'system'; readonly path: string }
  | { readonly kind: 'unpacked'; readonly directory: string; readonly tool: NewerTool }

/** The folder that holds the unpacked tool; its name changes with the packages that are asked for. */
export const unpackedToolDirectory = (cacheDirectory: string, tool: NewerTool): string =>
  join(cacheDirectory, 'tools', `${tool.name}-trixie`)

/** The system's own where it is new enough, else ours from the cache, else undefined. */
export async function findNewerTool(tool: NewerTool, cacheDirectory: string): Promise<FoundTool | undefined> {
  const inPath = await findTool(tool.name)
  for (const path of [...(inPath ? [inPath] : []), ...tool.systemPaths]) {
    const { ok, stdout, stderr } = await run(path, [tool.probe], { timeoutMs: 5_000 })
    if (ok && tool.isNewEnough(`${stdout}${stderr}`)) return { kind: 'system', path }
  }
  const directory = unpackedToolDirectory(cacheDirectory, tool)
  try {
    await access(join(directory, tool.path))
    return { kind: 'unpacked', directory, tool }
  } catch {
    return undefined // Neither here nor there: the caller tells the user how to get it.
  }
}

/** How a helper starts the tool: an unpacked one runs through the loader and the libraries that came with it. */
export async function toolCommand(
  found: FoundTool,
  confinement: Confinement,
  /** Another program of the same package, in the same folder. */
  sibling?: string,
): Promise<readonly [string, ...string[]]> {
  const beside = (path: string) => (sibling === undefined ? path : join(dirname(path), sibling))
  if (found.kind === 'system') return [beside(found.path)]
  const directory = await confinement.expose(found.directory)
  const [loader, triplet] =
    debianArchitecture() === 'arm64'
      ? ['usr/lib/ld-linux-aarch64.so.1', 'aarch64-linux-gnu']
      : ['usr/lib64/ld-linux-x86-64.so.2', 'x86_64-linux-gnu']
  return [
    join(directory, loader),
    '--library-path',
    join(directory, 'usr/lib', triplet),
    beside(join(directory, found.tool.path)),
  ]
}
