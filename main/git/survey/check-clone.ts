import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Whether a clone's object store may be read, as its folders look from outside. */
export type CloneCheck =
  | { readonly kind: 'sound'; readonly objects: string }
  | { readonly kind: 'refused'; readonly why: string }

const refused = (why: string): CloneCheck => ({ kind: 'refused', why })

/** Entries below `.git/objects` beyond which no honest clone of a task goes. */
const mostEntries = 2_000_000

/**
 * Looks at what a guest left where a `.git` folder should be, following nothing. Anything that would make git read outside the
 * clone, or wait for ever on a file that is none, is a refusal.
 */
export async function checkGitFolder(dotGit: string): Promise<CloneCheck> {
  const kind = await kindOf(dotGit)
  if (kind !== 'folder') return refused(kind === 'missing' ? 'its .git is gone' : 'its .git is not a folder')
  for (const name of ['commondir', 'gitdir']) {
    if ((await kindOf(join(dotGit, name))) !== 'missing') return refused(`its .git has a ${name}`)
  }
  const objects = join(dotGit, 'objects')
  if ((await kindOf(objects)) !== 'folder') return refused('its .git/objects is not a folder')
  const info = join(objects, 'info')
  for (const name of ['alternates', 'http-alternates']) {
    if ((await kindOf(join(info, name))) !== 'missing') return refused(`its objects name others: info/${name}`)
  }
  for (const folder of [objects, join(dotGit, 'refs')]) {
    const odd = await firstOdd(folder, { left: mostEntries })
    if (odd !== undefined) return refused(`${odd} is neither a file nor a folder, or there are too many of them`)
  }
  return { kind: 'sound', objects }
}

type Kind = 'missing' | 'folder' | 'file' | 'other'

export async function kindOf(path: string | Buffer): Promise<Kind> {
  try {
    const found = await lstat(path)
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'other'
  }
}

async function firstOdd(folder: string, budget: { left: number }, shown = ''): Promise<string | undefined> {
  let entries: Awaited<ReturnType<typeof list>>
  try {
    entries = await list(folder)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : `.git/…${shown}`
  }
  budget.left -= entries.length
  if (budget.left < 0) return `.git/…${shown}`
  for (const entry of entries) {
    const below = `${shown}/${entry.name}`
    if (!entry.isFile() && !entry.isDirectory()) return `.git/…${below}`
    if (!entry.isDirectory()) continue
    const odd = await firstOdd(join(folder, entry.name), budget, below)
    if (odd !== undefined) return odd
  }
  return undefined
}

const list = (folder: string) => readdir(folder, { withFileTypes: true })
