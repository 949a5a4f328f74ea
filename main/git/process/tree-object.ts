import type { ObjectReader } from './objects.ts'

export interface TreeEntry {
  readonly mode: string
  /** The bytes of the object's id, as latin1. */
  readonly rawId: string
}

export const folderMode = '40000'

export const isFolder = ({ mode }: TreeEntry): boolean => mode === folderMode

export const isSame = (one: TreeEntry | undefined, other: TreeEntry | undefined): boolean =>
  one?.rawId === other?.rawId && one?.mode === other?.mode

export const hexId = ({ rawId }: TreeEntry): string => Buffer.from(rawId, 'latin1').toString('hex')

/** The id of the tree that an entry names; undefined for none and for what is no folder. */
export const folderId = (entry: TreeEntry | undefined): string | undefined =>
  entry && isFolder(entry) ? hexId(entry) : undefined

/** The entries of a tree object by their names, bytes as latin1. */
export function parseTree(content: string, idBytes: number): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>()
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(' ', at)
    const end = content.indexOf('\0', space)
    const rawId = content.slice(end + 1, end + 1 + idBytes)
    entries.set(content.slice(space + 1, end), { mode: content.slice(at, space), rawId })
    at = end + 1 + idBytes
  }
  return entries
}

/** What two trees have not alike: names with the entry of each; a tree that is not there has none. */
export async function differing(
  one: string | undefined,
  other: string | undefined,
  reader: Pick<ObjectReader, 'read'>,
): Promise<readonly (readonly [name: string, was: TreeEntry | undefined, is: TreeEntry | undefined])[]> {
  const read = async (id: string | undefined): Promise<ReadonlyMap<string, TreeEntry>> =>
    id === undefined ? new Map() : parseTree(await reader.read(id, 'tree'), id.length / 2)
  const [left, right] = [await read(one), await read(other)]
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((name) => [name, left.get(name), right.get(name)] as const)
    .filter(([, was, is]) => !isSame(was, is))
}
