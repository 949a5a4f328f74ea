import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { resourceDirectory } from '../lib/files/paths.ts'
import { findTool } from '../lib/processes/find-tool.ts'
import { debianGuest } from './image/debian-guest.ts'
import type { ImageSource } from './image/image-source.ts'
import { nixGuest } from './nix-guest/nix-guest.ts'
import { inspectNix } from './nix-guest/nix-host.ts'
import { nixProblems } from './nix-guest/problems.ts'
import { inspectMac, type MacHost } from './vfkit/host.ts'
import { hypervisorProblems, rosettaKernelProblems } from './vfkit/problems.ts'

/** The settings `guest` and `guestImage`. */
export interface GuestChoice {
  readonly guest: 'auto' | 'nixos' | 'debian'
  /** Where the Debian guest comes from: null where the release says, or built here; `build`; a URL or a folder. */
  readonly guestImage: string | null
}

export interface GuestHost {
  readonly platform?: NodeJS.Platform
  /** Whether this host's nix builds a NixOS guest. */
  readonly buildsNixos?: () => Promise<boolean>
  /** What is known of a Mac. */
  readonly mac?: () => Promise<MacHost>
  /** The checkout's or the installed package's `nix`. */
  readonly folder?: string
}

export const usualGuest: GuestChoice = { guest: 'auto', guestImage: null }

/**
 * The guest that this host runs. On a Mac with nix and a builder for Linux it is a NixOS, which shares the host's way of building; on
 * any other a Debian, which needs neither. Which it is, is asked of the host when it is first needed.
 */
export function chooseGuest({ guest, guestImage }: GuestChoice = usualGuest, host: GuestHost = {}): ImageSource {
  const { platform = process.platform, buildsNixos = nixBuildsHere, mac: inspect = inspectMac } = host
  const folder = host.folder ?? join(resourceDirectory(), 'nix')
  const plain = debianGuest({ folder, guestImage, platform })
  if (platform !== 'darwin') return guest === 'nixos' ? noNixos : plain
  const debian: ImageSource = {
    ...plain,
    runProblems: async (image) => {
      const mac = await inspect()
      return [...hypervisorProblems(mac), ...rosettaKernelProblems(mac, image?.kernelVersion)]
    },
  }
  const nixos: ImageSource = {
    ...nixGuest({ folder }),
    runProblems: async (image) => rosettaKernelProblems(await inspect(), image?.kernelVersion),
  }
  if (guest !== 'auto') return guest === 'nixos' ? nixos : debian
  let chosen: Promise<ImageSource> | undefined
  const choose = () => (chosen ??= buildsNixos().then((builds) => (builds ? nixos : debian)))
  return {
    key: async () => await (await choose()).key(),
    read: async (directory, key) => await (await choose()).read(directory, key),
    build: async (directory, onProgress, signal) => await (await choose()).build(directory, onProgress, signal),
    problems: async (signal) => await (await choose()).problems(signal),
    runProblems: async (image) => (await (await choose()).runProblems?.(image)) ?? [],
    buildTakes: 'some minutes',
  }
}

const macSystem = 'aarch64-darwin'

async function nixBuildsHere(): Promise<boolean> {
  const nix = await inspectNix(await findTool('nix'), macSystem)
  return nixProblems(nix, macSystem).every(({ optional }) => optional)
}

const nixosCure = 'Set guest in settings.json to "auto" or "debian"'
const nixosOnLinux = (): never => {
  throw new AppError('host-incomplete', 'The NixOS guest runs on a Mac only', { hint: nixosCure })
}

/** So that a wish that cannot be fulfilled is named, and not replaced in silence. */
const noNixos: ImageSource = {
  key: async () => 'nixos-on-linux',
  read: async () => undefined,
  build: async () => nixosOnLinux(),
  problems: async () => [{ code: 'guest-nixos', message: 'The NixOS guest runs on a Mac only', cure: nixosCure }],
  buildTakes: 'no time',
}
