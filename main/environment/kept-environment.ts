import { createHash } from 'node:crypto'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Found } from '../core/environment/found.ts'
import { writeAtomically, writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { lockFile } from '../lib/files/file-lock.ts'
import { unusable } from '../lib/files/private-folder.ts'
import { parsedJson } from '../lib/parsed-json.ts'
import { readIfThere } from './read-if-there.ts'
import { writeFlake, writeFlakeLock } from './write-flake.ts'

/** Where the flake that was made for a repository lies: in the home, where no commit and no guest can name it. */
export const environmentFolder = (home: string, alias: string): string => join(home, 'environments', alias)

const madeFile = 'made.json'
/** What is written beside the flake, to know later whether it is still ours. */
const madeSchema = z.object({
  repository: z.string(),
  /** Of the flake's text as it was written. */
  flake: z.string(),
  /** The packages, to tell a change by. */
  packages: z.array(z.string()),
})
type Made = z.infer<typeof madeSchema>

/** What became of the kept flake. */
export type Kept =
  | { readonly kind: 'same' }
  | { readonly kind: 'made' }
  | { readonly kind: 'changed'; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** It was edited, and what is found is no longer what it was made of. */
  | { readonly kind: 'edited'; readonly added: readonly string[]; readonly removed: readonly string[] }

interface Repository {
  readonly alias: string
  readonly path: string
}

/**
 * Has the flake of a repository agree with what was found. One that the user has edited is left as it is, unless it is asked for again;
 * then the edited one becomes `flake.nix.before`.
 * @throws AppError('home-unusable' | 'disk-full')
 */
export async function keepEnvironment(
  home: string,
  { alias, path }: Repository,
  found: Found,
  { again = false } = {},
): Promise<Kept> {
  const folder = environmentFolder(home, alias)
  const text = writeFlake(alias, found)
  const packages = [
    ...new Set([...found.tools.flatMap((tool) => tool.packages), ...found.packages.map(({ name }) => name)]),
  ].sort()
  const before = await readKept(folder)
  if (isCurrent(before, path, packages) && !again) return { kind: 'same' }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await using lock = await lockFile(join(folder, madeFile))
    const { flake, made } = await readKept(folder)
    const isOurs = flake === undefined || (made !== undefined && hash(flake) === made.flake)
    const own = made?.repository === path ? made : undefined
    const difference = differenceOf(own?.packages ?? [], packages)
    if (!isOurs && own && !again) {
      return difference.added.length + difference.removed.length === 0
        ? { kind: 'same' }
        : { kind: 'edited', ...difference }
    }
    lock.assertHeld()
    if (!isOurs) await rename(join(folder, 'flake.nix'), join(folder, 'flake.nix.before'))
    await writeAtomically(join(folder, 'flake.nix'), text)
    await writeAtomically(join(folder, 'flake.lock'), writeFlakeLock())
    // Last: a flake without it is taken for an edited one, and kept.
    await writeJsonAtomically(join(folder, madeFile), { repository: path, flake: hash(text), packages } satisfies Made)
    return own && difference.added.length + difference.removed.length > 0
      ? { kind: 'changed', ...difference }
      : { kind: 'made' }
  } catch (error) {
    throw error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)
      ? unusable(folder, error)
      : error
  }
}

interface KeptFiles {
  readonly flake: string | undefined
  readonly made: Made | undefined
}

async function readKept(folder: string): Promise<KeptFiles> {
  const [flake, made] = await Promise.all([readIfThere(join(folder, 'flake.nix')), readIfThere(join(folder, madeFile))])
  return { flake, made: made === undefined ? undefined : parseMade(made) }
}

/** A damaged one is none: then the flake is taken for the user's. */
const parseMade = (text: string): Made | undefined => madeSchema.safeParse(parsedJson(text)).data

/** Whether nothing is to be done, whoever wrote the flake last. */
const isCurrent = ({ flake, made }: KeptFiles, path: string, packages: readonly string[]): boolean =>
  flake !== undefined && made?.repository === path && made.packages.join('\0') === packages.join('\0')

const differenceOf = (before: readonly string[], now: readonly string[]) => ({
  added: now.filter((name) => !before.includes(name)),
  removed: before.filter((name) => !now.includes(name)),
})

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
