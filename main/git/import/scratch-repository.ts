import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface ScratchOptions {
  readonly objectFormat: 'sha1' | 'sha256'
  /** Object stores that it reads beside its own, the first one first. */
  readonly stores: readonly string[]
  readonly refs: Readonly<Record<string, string>>
  /** The boundary of a shallow history. */
  readonly shallow: string | null
  readonly exclude: string
  readonly isPartial: boolean
}

/**
 * A git folder that only the host writes, over objects of others. It trusts no index, graph or bitmap that lies beside those
 * objects: they are claims, and the objects alone can be checked.
 */
export async function makeScratchRepository(folder: string, options: ScratchOptions): Promise<void> {
  for (const name of ['objects/info', 'objects/pack', 'refs/heads', 'info']) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 })
  }
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n')
  await writeFile(join(folder, 'config'), configOf(options))
  await writeFile(join(folder, 'objects/info/alternates'), options.stores.map((store) => `${quoted(store)}\n`).join(''))
  await writeFile(join(folder, 'info/exclude'), options.exclude, 'latin1')
  if (options.shallow !== null) await writeFile(join(folder, 'shallow'), options.shallow)
  for (const [ref, commit] of Object.entries(options.refs)) await writeFile(join(folder, ref), `${commit}\n`)
}

function configOf({ objectFormat, isPartial }: ScratchOptions): string {
  const extended = objectFormat === 'sha256' || isPartial
  return [
    '[core]',
    `repositoryformatversion = ${extended ? 1 : 0}`,
    'bare = true',
    'filemode = true',
    'symlinks = true',
    'commitGraph = false',
    'multiPackIndex = false',
    'protectHFS = true',
    'protectNTFS = true',
    'excludesFile = /dev/null',
    'attributesFile = /dev/null',
    '[pack]',
    'useBitmaps = false',
    '[gc]',
    'auto = 0',
    ...(extended ? ['[extensions]'] : []),
    ...(objectFormat === 'sha256' ? ['objectFormat = sha256'] : []),
    ...(isPartial ? ['partialClone = absent'] : []),
    '',
  ].join('\n')
}

/** git reads a line that begins with a quote as a quoted string, and takes a newline as the end of the path. */
const quoted = (path: string) =>
  /^"|\n/.test(path) ? `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"` : path
