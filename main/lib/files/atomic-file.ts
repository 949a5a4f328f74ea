import writeFileAtomic from 'write-file-atomic'

/** Writes the whole file or nothing: a temporary file beside it, fsync, rename. Mode 0600 unless told otherwise. */
export async function writeAtomically(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await writeFileAtomic(path, typeof content === 'string' ? content : Buffer.from(content), { mode, fsync: true })
}

/** As `writeAtomically` without waiting for the disk: for what can be made again from a file that is on it. */
export async function writeDerived(path: string, content: string | Buffer, mode = 0o600): Promise<void> {
  await writeFileAtomic(path, content, { mode, fsync: false })
}

/** `writeAtomically` of indented JSON with a final newline. */
export async function writeJsonAtomically(path: string, value: unknown, mode = 0o600): Promise<void> {
  await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`, mode)
}
