import { opendir, rename } from 'node:fs/promises'

/** More names than the top of any repository has. */
const mostNames = 100_000

/**
 * Moves all that is in a folder into another one of the same disk. Something alive may write in either: the folders' own paths are the host's, and a name is
 * moved as it is, which follows no link and enters no folder.
 * @throws where there are too many names, or where one is taken on the other side.
 */
export async function moveNames(from: string, to: string): Promise<void> {
  const names: Buffer[] = []
  // As bytes: a guest's names need not be text.
  for await (const { name } of await opendir(from, { encoding: 'buffer' as BufferEncoding })) {
    names.push(name as unknown as Buffer)
    if (names.length > mostNames) throw new Error(`${from} holds more than ${mostNames} names`)
  }
  for (const name of names) await rename(inFolder(from, name), inFolder(to, name))
}

const inFolder = (folder: string, name: Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), name])
