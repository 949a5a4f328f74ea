import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { writeAtomically } from '../../lib/files/atomic-file.ts'
import { pathExists } from '../../lib/files/look.ts'
import { findTool } from '../../lib/processes/find-tool.ts'
import { run } from '../../lib/processes/spawn.ts'
import type { GuestImage, ImageSource } from '../image/image-source.ts'
import { buildFailure } from './build-failure.ts'
import { advance, noProgress, progressText } from './build-progress.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { inspectNix } from './nix-host.ts'
import { nixProblems } from './problems.ts'

/** All that the guest is made of, relative to the folder `nix`; what they name elsewhere is pinned by the lock file. */
const inputFiles = [
  'flake.nix',
  'flake.lock',
  'guest.nix',
  'manifest.nix',
  'vfkit.nix',
  'vfkit-half-close.patch',
  'forwards.sh',
  'clock.sh',
  'attach.sh',
  'attach.pl',
  'flake-files.pl',
  'store.sh',
  'proxy.sh',
  'last-act.sh',
  'task-runner.sh',
  'become-claude.sh',
  'dev-container.sh',
  'compose.sh',
  'inbox.sh',
  'ahead.sh',
  'debian/pins.json',
] as const

const tellEveryMs = 15_000

export interface NixGuestOptions {
  /** The checkout's or the installed package's `nix`. */
  readonly folder: string
  /** As nix names this host; left out, it is a Mac. */
  readonly system?: 'aarch64-darwin' | 'aarch64-linux' | 'x86_64-linux'
  /** Finds the program; left out, it is looked for where it usually is. */
  readonly findNix?: () => Promise<string | undefined>
}

/** The NixOS guest, built by the host's nix once for all slots, and again when its flake has changed. */
export function nixGuest({
  folder,
  system = 'aarch64-darwin',
  findNix = () => findTool('nix'),
}: NixGuestOptions): ImageSource {
  return {
    buildTakes: 'ten minutes or more',

    async key() {
      const hash = createHash('sha256').update(system)
      for (const name of inputFiles) {
        const content = await readFile(join(folder, name))
        hash.update(`\0${name}\0${content.length}\0`).update(content)
      }
      return hash.digest('hex').slice(0, 20)
    },

    async read(directory, key) {
      const manifest = await readManifest(linkIn(directory))
      return manifest && (await isWhole(manifest)) ? imageOf(manifest, directory, key) : undefined
    },

    async build(directory, onProgress, signal) {
      const program = await findNix()
      if (program === undefined) {
        throw new AppError('host-incomplete', 'Nix is missing; it builds the guest', {
          hint: 'Install it: https://nixos.org/download, then run microvm-orchestrator doctor',
        })
      }
      if (await pathExists(directory))
        onProgress('Guest image: parts of it are gone from the Nix store, building it again')
      const flake = join(directory, 'flake')
      await rm(flake, { recursive: true, force: true })
      for (const name of inputFiles) {
        await mkdir(dirname(join(flake, name)), { recursive: true })
        await writeFile(join(flake, name), await readFile(join(folder, name)))
      }
      try {
        await buildFlake({ program, flake, system, directory, onProgress }, signal)
      } catch (error) {
        if (!(await pathExists(linkIn(directory)))) await rm(directory, { recursive: true, force: true })
        throw error
      }
    },

    problems: async () => nixProblems(await inspectNix(await findNix(), system), system),
  }
}

/** The manifest, by a link that nix knows as a root: as long as it is there, nothing of the guest is collected. */
const linkIn = (directory: string): string => join(directory, 'manifest')

async function isWhole({ kernel, initrd, storeDisk, tools }: Manifest): Promise<boolean> {
  const paths = [kernel, initrd, storeDisk, tools.vfkit, tools.socat]
  for (const path of paths) if (path !== undefined && !(await pathExists(path))) return false
  return true
}

function imageOf(manifest: Manifest, directory: string, key: string): GuestImage {
  const { vfkit, socat } = manifest.tools
  return {
    ...{ directory, key, kernel: manifest.kernel, initrd: manifest.initrd, root: manifest.storeDisk },
    kernelParameters: manifest.kernelParams,
    claudeVersion: manifest.claudeVersion,
    tools: { ...(vfkit !== undefined && { vfkit }), ...(socat !== undefined && { socat }) },
    kernelVersion: manifest.kernelVersion,
    ...(manifest.rosettaTag !== null && { rosettaTag: manifest.rosettaTag }),
  }
}

interface FlakeBuild {
  readonly program: string
  readonly flake: string
  readonly system: string
  readonly directory: string
  readonly onProgress: (line: string) => void
}

async function buildFlake(
  { program, flake, system, directory, onProgress }: FlakeBuild,
  signal?: AbortSignal,
): Promise<void> {
  const started = performance.now()
  let progress = noProgress
  let toldMs = Number.NEGATIVE_INFINITY
  const onLine = (line: string): void => {
    progress = advance(progress, line)
    const nowMs = performance.now()
    if (nowMs - toldMs < tellEveryMs) return
    toldMs = nowMs
    onProgress(`Guest image: ${progressText(progress)} (${Math.round((nowMs - started) / 1000)} s)`)
  }
  // By a path that is `.`, whatever signs the folder's own path holds.
  const args = [
    ...['build', `path:.#packages.${system}.manifest`, '--out-link', linkIn(directory), '--no-write-lock-file'],
    ...['--extra-experimental-features', 'nix-command flakes', '--print-build-logs', '--log-format', 'raw'],
  ]
  const oneStream = ['-c', 'exec "$0" "$@" 2>&1', program, ...args]
  const result = await run('sh', oneStream, { cwd: flake, onLine }, signal)
  if (signal?.aborted) throw signal.reason
  const logPath = `${directory}.log`
  if (result.ok) {
    await rm(logPath, { force: true })
    return
  }
  await writeAtomically(logPath, result.stdout)
  throw buildFailure(result.stdout || (result.problem ?? ''), logPath)
}
