import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Everything that this program ever asks a system for, by Debian's names. */
export type HostPackage =
  | 'arch-test'
  | 'binfmt-support'
  | 'chromium'
  | 'cpio'
  | 'debian-archive-keyring'
  | 'erofs-utils'
  | 'fuse3'
  | 'git'
  | 'iproute2'
  | 'jq'
  | 'mariadb-client-core'
  | 'mariadb-server-core'
  | 'mmdebstrap'
  | 'mount'
  | 'munge'
  | 'openssh-server'
  | 'passt'
  | 'python3-fusepy'
  | 'qemu-system-arm'
  | 'qemu-system-x86'
  | 'qemu-user-static'
  | 'slurm-client'
  | 'slurmctld'
  | 'slurmd'
  | 'slurmdbd'
  | 'socat'
  | 'tar'
  | 'uidmap'
  | 'util-linux'
  | 'virtiofsd'
  | 'xz-utils'
  | 'zstd'

export interface PackageManager {
  readonly tool: string
  /** Reads the lists of packages again, where that is a step of its own. */
  readonly refresh: readonly string[] | undefined
  readonly install: readonly string[]
  /**
   * Whether we run it ourselves. That is promised only where `npm run test:fresh` has tried it from nothing; elsewhere the user gets
   * the line to run.
   */
  readonly tried: boolean
  /** Its names for packages that Debian calls otherwise; null for what it does not have. */
  readonly names: Readonly<Partial<Record<HostPackage, string | null>>>
}

export const packageManagers: readonly PackageManager[] = [
  {
    tool: 'apt-get',
    refresh: ['update', '-q'],
    install: ['install', '-y', '-q', '--no-install-recommends'],
    tried: true,
    names: {},
  },
  {
    tool: 'dnf',
    refresh: undefined,
    install: ['install', '-y'],
    tried: false,
    names: {
      'arch-test': null,
      'binfmt-support': null,
      'python3-fusepy': null,
      'debian-archive-keyring': 'debian-keyring',
      'slurm-client': 'slurm',
      slurmctld: 'slurm-slurmctld',
      slurmd: 'slurm-slurmd',
      slurmdbd: 'slurm-slurmdbd',
      'mariadb-client-core': 'mariadb',
      'mariadb-server-core': 'mariadb-server',
      'qemu-system-x86': 'qemu-system-x86-core',
      'qemu-system-arm': 'qemu-system-aarch64-core',
      iproute2: 'iproute',
      mount: 'util-linux',
      uidmap: 'shadow-utils',
      'xz-utils': 'xz',
    },
  },
  {
    tool: 'pacman',
    refresh: undefined,
    install: ['-S', '--needed', '--noconfirm'],
    tried: false,
    names: {
      'arch-test': null,
      'binfmt-support': null,
      'python3-fusepy': null,
      'qemu-system-arm': 'qemu-system-aarch64',
      munge: null,
      'slurm-client': null,
      slurmctld: null,
      slurmd: null,
      slurmdbd: null,
      'mariadb-client-core': 'mariadb-clients',
      'mariadb-server-core': 'mariadb',
      'openssh-server': 'openssh',
      mmdebstrap: null,
      mount: 'util-linux',
      uidmap: 'shadow',
      'xz-utils': 'xz',
    },
  },
  {
    tool: 'zypper',
    refresh: undefined,
    install: ['--non-interactive', 'install'],
    tried: false,
    names: {
      'arch-test': null,
      'binfmt-support': null,
      'python3-fusepy': null,
      'debian-archive-keyring': null,
      'qemu-system-x86': 'qemu-x86',
      'qemu-system-arm': 'qemu-arm',
      mmdebstrap: null,
      mount: 'util-linux',
      'slurm-client': 'slurm',
      slurmctld: 'slurm',
      slurmd: 'slurm-node',
      slurmdbd: 'slurm-slurmdbd',
      'mariadb-client-core': 'mariadb-client',
      'mariadb-server-core': 'mariadb',
      uidmap: 'shadow',
      'xz-utils': 'xz',
    },
  },
  {
    tool: 'apk',
    refresh: undefined,
    install: ['add'],
    tried: false,
    names: {
      'arch-test': null,
      'binfmt-support': null,
      'python3-fusepy': null,
      'qemu-system-x86': 'qemu-system-x86_64',
      'qemu-system-arm': 'qemu-system-aarch64',
      mmdebstrap: null,
      munge: null,
      'slurm-client': null,
      slurmctld: null,
      slurmd: null,
      slurmdbd: null,
      'mariadb-client-core': 'mariadb-client',
      'mariadb-server-core': 'mariadb',
      uidmap: 'shadow-subids',
      'xz-utils': 'xz',
    },
  },
]

/** The package manager of this system; null where it is none that we know. */
export function findPackageManager(path: string = process.env.PATH ?? ''): PackageManager | null {
  const folders = [...path.split(delimiter).filter(Boolean), '/usr/bin', '/bin', '/usr/sbin', '/sbin']
  return packageManagers.find(({ tool }) => folders.some((folder) => existsSync(join(folder, tool)))) ?? null
}

/** What one manager has of these packages, by its own names, and what it has not. Pure. */
export function namesFor(
  { names }: PackageManager,
  packages: readonly HostPackage[],
): { readonly had: readonly string[]; readonly missing: readonly HostPackage[] } {
  const unique = [...new Set(packages)]
  const had = unique.flatMap((name) => (names[name] === null ? [] : [names[name] ?? name]))
  return { had: [...new Set(had)], missing: unique.filter((name) => names[name] === null) }
}

/** The line that installs these packages here, for this user to copy; a sentence where no line can. */
export function installLine(
  packages: readonly HostPackage[],
  manager: PackageManager | null = findPackageManager(),
  isRoot = process.getuid?.() === 0,
): string {
  const byHand = (names: readonly string[]) => `Install by hand what has these programs: ${names.join(' ')}`
  if (manager === null) return byHand(packages)
  const { had, missing } = namesFor(manager, packages)
  const words = [...(isRoot ? [] : ['sudo']), manager.tool, ...manager.install, ...had]
  const line = manager.tool === 'apt-get' ? words.filter((word) => word !== '-q') : words
  if (missing.length === 0) return line.join(' ')
  return had.length === 0 ? byHand(missing) : `${line.join(' ')}; and ${byHand(missing).toLowerCase()}`
}
