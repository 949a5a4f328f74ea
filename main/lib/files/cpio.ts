/** One entry of an initial RAM disk. */
export type CpioEntry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'character-device'; readonly path: string; readonly major: number; readonly minor: number }

/** An archive in cpio's `newc` format; written by hand so that it holds device nodes without root's help. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = []
  let inode = 1
  const add = (path: string, mode: number, content: Uint8Array, major = 0, minor = 0): void => {
    const name = Buffer.from(`${path}\0`)
    const fields = [inode++, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length, 0]
    const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
    parts.push(padded(Buffer.concat([header, name])), padded(Buffer.from(content)))
  }
  for (const entry of entries) {
    switch (entry.kind) {
      case 'file':
        add(entry.path, 0o100000 | entry.mode, entry.content)
        break
      case 'folder':
        add(entry.path, 0o040755, new Uint8Array())
        break
      case 'link':
        add(entry.path, 0o120777, Buffer.from(entry.target))
        break
      case 'character-device':
        add(entry.path, 0o020600, new Uint8Array(), entry.major, entry.minor)
        break
    }
  }
  add('TRAILER!!!', 0, new Uint8Array())
  return Buffer.concat(parts)
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
