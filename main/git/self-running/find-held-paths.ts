import { BoundedList, noPaths, type PathList } from '../../core/bounded-list.ts'
import { foldPath } from '../../core/merge/fold-path.ts'
import { objectsOf, plainDiff, type Range } from '../changes/list-changes.ts'
import { byBytes, shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, gitQuickly, utf8 } from '../process/git.ts'
import { recordsOf, streamGit } from '../process/stream-git.ts'
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

/** Of the list of changes; a longer one is an error, so that a person looks. */
const mostBytes = 1024 ** 3
/** More of them, or larger ones, are held unread. */
const mostAttributeFiles = 100
const attributesLimitBytes = 256 * 1024

/**
 * Paths of which a task changed what runs by itself in a user's checkout, sorted: added, changed and deleted ones, in any spelling that
 * a file system takes for one of them, and what is known under such a name through a link. Reads objects alone.
 */
export async function findHeldPaths(range: Range, edits: readonly string[], signal?: AbortSignal): Promise<PathList> {
  if (range.from === range.to) return noPaths
  const call = await objectsOf(range, signal)
  const rules = pathRules(edits)
  const asked = heldLinks(range.to, rules, call, signal)
  asked.catch(() => undefined) // Thrown where it is waited for.
  const held = new BoundedList()
  const attributes: Change[] = []
  for await (const change of changesOf(range, call, signal)) {
    const links = await asked // Looked for beside the changes, since both take a while.
    const verdict = rules.holds(utf8(change.path))
    const isLink = [change.oldMode, change.newMode].some((mode) => mode === '120000' || mode === '160000')
    const others = namesThrough(change.path, links)
    if (
      verdict === true ||
      (isLink && rules.leadsToHeld(utf8(change.path))) ||
      others.some((name) => rules.holds(utf8(name)) === true)
    ) {
      held.add(shownPath(change.path))
    } else if (verdict !== undefined || !isAttributes(change.path)) continue
    else if (attributes.length < mostAttributeFiles) attributes.push(change)
    else held.add(shownPath(change.path))
  }
  for (const { path } of await withNewDrivers(attributes, range, call, signal)) held.add(shownPath(path))
  const { files, ...rest } = held.list
  return { files: files.toSorted(byBytes), ...rest }
}

/** Read as git tells them: what a task changed may be more than fits into memory. @throws OutputLimitError */
async function* changesOf({ from, to }: Range, call: GitOptions, signal?: AbortSignal): AsyncGenerator<Change> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', ...plainDiff, from, to, '--']
  await using listing = streamGit(args, call, signal)
  let meta: string | null = null
  for await (const record of recordsOf(listing.stdout, '\0', { bytes: mostBytes })) {
    if (meta === null) {
      meta = record
      continue
    }
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = meta.slice(1).split(' ')
    yield { path: record, oldMode, newMode, oldId, newId }
    meta = null
  }
  await listing.succeeded()
}

const isAttributes = (path: string): boolean =>
  foldPath(utf8(path.slice(path.lastIndexOf('/') + 1))) === '.gitattributes'

async function withNewDrivers(
  changes: readonly Change[],
  { from, to }: Range,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<readonly Change[]> {
  if (changes.length === 0) return changes
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
