import { posix } from 'node:path'
import { type GitOptions, gitOrThrow, utf8, zeroSeparated } from '../process/git.ts'
import type { PathRules } from './path-rules.ts'

/** A link whose name is held, or leads to something held, and where it leads inside of the repository. */
export interface HeldLink {
  readonly path: string
  readonly target: string
}

const mostLinks = 1_000
const mostHops = 40

/** The links of a commit under names that are held: what they lead to is known under those names too. */
export async function heldLinks(
  commit: string,
  rules: PathRules,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<readonly HeldLink[]> {
  const { stdout } = await gitOrThrow(['ls-tree', '-r', '-z', commit], call, signal)
  const links = new Map<string, string>()
  for (const entry of zeroSeparated(stdout)) {
    if (!entry.startsWith('120000 ')) continue
    const tab = entry.indexOf('\t')
    links.set(entry.slice(tab + 1), entry.slice('120000 blob '.length, tab))
  }
  const named = [...links.keys()].filter((path) => rules.leadsToHeld(utf8(path)) || rules.holds(utf8(path)) === true)
  if (named.length > mostLinks) throw new Error(`${named.length} links have names of files that run by themselves`)
  const targetOf = async (path: string) => {
    const { stdout: target } = await gitOrThrow(['cat-file', 'blob', links.get(path) ?? ''], call, signal)
    if (target.startsWith('/')) return target // Out of the repository, wherever the link lies.
    return posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, '')
  }
  const found: HeldLink[] = []
  for (const path of named) {
    const target = await followLinks(await targetOf(path), links, targetOf)
    if (target !== null) found.push({ path, target })
  }
  return found
}

/** Where a path leads with every link in it followed; null outside of the repository or where links lead in a circle. */
async function followLinks(
  path: string,
  links: ReadonlyMap<string, string>,
  targetOf: (path: string) => Promise<string>,
): Promise<string | null> {
  let at = path
  for (let hop = 0; hop < mostHops; hop += 1) {
    if (at === '..' || at.startsWith('../') || at.startsWith('/')) return null
    const parts = at.split('/')
    const index = parts.findIndex((_part, end) => links.has(parts.slice(0, end + 1).join('/')))
    if (index < 0) return at
    const target = await targetOf(parts.slice(0, index + 1).join('/'))
    at = posix.normalize([target, ...parts.slice(index + 1)].join('/'))
  }
  return null
}

/** Other names of a path, through links. Pure. */
export const namesThrough = (path: string, links: readonly HeldLink[]): readonly string[] =>
  links.flatMap((link) => {
    if (path === link.target) return [link.path]
    if (link.target === '.') return [`${link.path}/${path}`]
    return path.startsWith(`${link.target}/`) ? [link.path + path.slice(link.target.length)] : []
  })
