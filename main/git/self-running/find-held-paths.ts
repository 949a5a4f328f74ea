import { foldPath } from '../../core/merge/fold-path.ts'
import { objectsOf, plainDiff, type Range } from '../changes/list-changes.ts'
import { byBytes, shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, gitQuickly, utf8, zeroSeparated } from '../process/git.ts'
import { changesDrivers, macrosOf } from './changes-drivers.ts'
import { heldLinks, namesThrough } from './links.ts'
import { pathRules } from './path-rules.ts'

interface Change {
  /** latin1, a character a byte. */
  readonly path: string
  readonly oldMode: string
  readonly newMode: string
  readonly oldId: string
  readonly newId: string
}

/** More of them, or larger ones, are held unread. */
const mostAttributeFiles = 100
const attributesLimitBytes = 256 * 1024

/**
 * Paths of which a task changed what runs by itself in a user's checkout, sorted: added, changed and deleted ones, in any spelling that
 * a file system takes for one of them, and what is known under such a name through a link. Reads objects alone.
 */
export async function findHeldPaths(
  range: Range,
  edits: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const call = await objectsOf(range, signal)
  const changes = await changesOf(range, call, signal)
  if (changes.length === 0) return []
  const rules = pathRules(edits)
  const links = await heldLinks(range.to, rules, call, signal)
  const held = new Set<string>()
  const attributes: Change[] = []
  for (const change of changes) {
    const verdict = rules.holds(utf8(change.path))
    const isLink = [change.oldMode, change.newMode].some((mode) => mode === '120000' || mode === '160000')
    const others = namesThrough(change.path, links)
    if (
      verdict === true ||
      (isLink && rules.leadsToHeld(utf8(change.path))) ||
      others.some((name) => rules.holds(utf8(name)) === true)
    ) {
      held.add(change.path)
    } else if (verdict === undefined && isAttributes(change.path)) attributes.push(change)
  }
  for (const { path } of await withNewDrivers(attributes, range, call, signal)) held.add(path)
  return [...held].sort(byBytes).map(shownPath)
}

async function changesOf({ from, to }: Range, call: GitOptions, signal?: AbortSignal): Promise<readonly Change[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', ...plainDiff, from, to, '--']
  const fields = zeroSeparated((await gitOrThrow(args, call, signal)).stdout)
  const changes: Change[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (fields[at] ?? '').slice(1).split(' ')
    changes.push({ path: fields[at + 1] ?? '', oldMode, newMode, oldId, newId })
  }
  return changes
}

const isAttributes = (path: string): boolean =>
  foldPath(utf8(path.slice(path.lastIndexOf('/') + 1))) === '.gitattributes'

async function withNewDrivers(
  changes: readonly Change[],
  { from, to }: Range,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<readonly Change[]> {
  if (changes.length === 0 || changes.length > mostAttributeFiles) return changes
  const read = (name: string) => readAttributes(name, call, signal)
  // Macros are defined at the root alone.
  const roots = await Promise.all([read(`${from}:.gitattributes`), read(`${to}:.gitattributes`)])
  const macros = new Set(roots.flatMap((text) => macrosOf(text ?? '')))
  const found: Change[] = []
  for (const change of changes) {
    const before = await side(change.oldMode, change.oldId, read)
    const after = await side(change.newMode, change.newId, read)
    if (before === null || after === null || changesDrivers(before, after, macros)) found.push(change)
  }
  return found
}

const side = async (mode: string, id: string, read: (id: string) => Promise<string | null>): Promise<string | null> =>
  mode === '000000' ? '' : mode.startsWith('100') ? await read(id) : null

/** Empty where there is none; null where it is too large to be read. */
async function readAttributes(name: string, call: GitOptions, signal?: AbortSignal): Promise<string | null> {
  const size = await gitQuickly(['cat-file', '-s', name], call, signal)
  if (size.exitCode !== 0) return ''
  if (Number(size.stdout) > attributesLimitBytes) return null
  return utf8((await gitOrThrow(['cat-file', 'blob', name], call, signal)).stdout)
}
