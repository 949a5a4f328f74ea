/**
 * Names that no commit of a task may hold: a file system somewhere takes them for `.git`, which git obeys, or for `.microvm`, below
 * which the host keeps what users read of tasks.
 */
export type ReservedName = '.git' | '.microvm'

/** What 8.3 names of Windows make of each; a folder may have up to four that begin alike. */
const shortNames: Readonly<Record<ReservedName, RegExp>> = { '.git': /^git~[1-4]$/, '.microvm': /^microv~[1-4]$/ }

/** Code points that HFS+ does not see in a name. Source: git's utf8.c, `next_hfs_char`, and Unicode's default ignorables. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu

const isPlain = /^[\0-\x7f]*$/

/**
 * The reserved name that a part of a path folds onto, in case, normal form (also the compatible one), ignorable code points, trailing
 * dots and blanks, streams of NTFS or short names; undefined for any other. `part` is latin1: one character a byte.
 */
export function reservedName(part: string): ReservedName | undefined {
  // Most names are plain, and there may be millions of them.
  if (isPlain.test(part) && !/^(?:\.git|git~|\.microvm|microv~)/i.test(part)) return undefined
  const text = Buffer.from(part, 'latin1').toString('utf8').replaceAll('\ufffd', '')
  const plain = folded(text.split(':')[0] ?? '').replace(/[. ]+$/, '')
  for (const name of ['.git', '.microvm'] as const) if (plain === name || shortNames[name].test(plain)) return name
  return undefined
}

/** The same for a whole path of git's output. Backslashes separate, too: Windows reads them so. */
export function reservedIn(path: string): ReservedName | undefined {
  for (const part of path.split(/[/\\]/)) {
    const name = reservedName(part)
    if (name !== undefined) return name
  }
  return undefined
}

/** Two steps, since some letters only fold once they are composed: a Turkish dotted capital I, for one. */
const folded = (text: string): string =>
  text.normalize('NFKD').replace(ignorable, '').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')
