import { readFile } from 'node:fs/promises'
import { callerName } from '../../lib/caller-name.ts'
import { freeBytes } from '../../lib/files/disk-space.ts'
import { cacheDirectory } from '../../lib/files/paths.ts'
import { findTool } from '../../lib/processes/find-tool.ts'
import type { Problem } from '../driver.ts'
import type { HostPackage } from '../host/package-managers.ts'
import { packageProblem } from '../host/package-problem.ts'
import { foreignProblems } from './foreign-problems.ts'
import type { Architecture } from './inputs.ts'

/** Programs of this host that the build runs, by the package that has them. */
const buildTools: Readonly<Record<string, HostPackage>> = {
  mmdebstrap: 'mmdebstrap',
  'mkfs.erofs': 'erofs-utils',
  zstd: 'zstd',
  xz: 'xz-utils',
  cpio: 'cpio',
  tar: 'tar',
  unshare: 'util-linux',
}

/** What this host lacks to build the guest for this processor out of Debian's packages. */
export async function debianProblems(architecture: Architecture, signal?: AbortSignal): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const [tool, name] of Object.entries(buildTools)) {
    signal?.throwIfAborted()
    if (await findTool(tool)) continue
    problems.push(
      packageProblem(`${name}-missing`, `${tool} is missing; it takes part in building the guest image`, name),
    )
  }
  if (!(await findTool('npm'))) {
    problems.push({
      code: 'npm-missing',
      message: 'npm is missing; it fetches Claude Code for the guest image',
      cure: 'Install Node.js with npm',
    })
  }
  problems.push(...(await foreignProblems(architecture)))
  const isRoot = process.getuid?.() === 0
  if (!isRoot) problems.push(...(await namespaceProblems()))
  return [...problems, ...(await spaceProblems(isRoot))]
}

/** A user's build works as root of a namespace, whose other users are those that /etc/subuid gives to this one. */
async function namespaceProblems(): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  if (!(await findTool('newuidmap')) || !(await findTool('newgidmap'))) {
    const message = 'newuidmap is missing; it lets a user who is not root build the guest image'
    problems.push(packageProblem('uidmap-missing', message, 'uidmap'))
  }
  const username = callerName()
  const lists = await Promise.all(['/etc/subuid', '/etc/subgid'].map((path) => readFile(path, 'utf8').catch(() => '')))
  if (lists.every((list) => hasRange(list, [username, String(process.getuid?.())]))) return problems
  const start = nextRange(lists.join('\n'))
  const range = `${start}-${start + rangeLength - 1}`
  const command = ['usermod', '--add-subuids', range, '--add-subgids', range, username] as const
  problems.push({
    code: 'subids-missing',
    message: `${username} has no users of a namespace in /etc/subuid and /etc/subgid; the guest image is built with them`,
    cure: `sudo ${command.join(' ')}`,
    remedy: { kind: 'command', command },
  })
  return problems
}

const rangeLength = 65_536

const parseRanges = (list: string) =>
  list.split('\n').flatMap((line) => {
    const [name, start, count] = line.trim().split(':')
    return name && start && count ? [{ name, start: Number(start), count: Number(count) }] : []
  })

/** Whether one of these names has enough for a Debian, which uses ids up to 65534. Pure. */
export const hasRange = (list: string, names: readonly string[]): boolean =>
  parseRanges(list).some(({ name, count }) => names.includes(name) && count >= rangeLength)

/** Where a range begins that is not taken yet. Pure. */
export const nextRange = (list: string): number =>
  Math.max(100_000, ...parseRanges(list).map(({ start, count }) => start + count))

const gibibyte = 1024 ** 3
/** Measured: the root while it is built, and what is kept of the image and the tools. */
const workGiB = 2.5
const keptGiB = 1.5

/** What this host lacks to fetch an image: room for it, packed and unpacked. */
export const fetchProblems = (): Promise<readonly Problem[]> =>
  shortDisks([{ path: cacheDirectory(), gib: keptGiB }], 'fetching')

/** The build would fail halfway, with an error of whatever program came to the end of the disk. */
async function spaceProblems(isRoot: boolean): Promise<readonly Problem[]> {
  const cache = cacheDirectory()
  const needs = isRoot
    ? [{ path: cache, gib: workGiB + keptGiB }]
    : [
        { path: cache, gib: keptGiB },
        { path: '/var/tmp', gib: workGiB },
      ]
  return await shortDisks(needs, 'building')
}

async function shortDisks(
  needs: readonly { readonly path: string; readonly gib: number }[],
  doing: 'building' | 'fetching',
): Promise<readonly Problem[]> {
  const problems = needs.map(async ({ path, gib }) => {
    const freeGiB = (await freeBytes(path)) / gibibyte
    if (freeGiB >= gib) return []
    return [
      {
        code: 'disk-short',
        message: `Only ${freeGiB.toFixed(1)} GiB are free on the disk of ${path}; ${doing} the guest image takes ${gib} GiB there`,
        cure: 'Free some disk space there',
      },
    ]
  })
  return (await Promise.all(problems)).flat()
}
