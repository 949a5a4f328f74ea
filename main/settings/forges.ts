import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import { secretNamePattern } from '../core/network/secret.ts'
import { type Forge, forges } from '../core/pull-request.ts'
import { lockFile } from '../lib/files/file-lock.ts'
import { readPrivateFile, writePrivateFile } from '../lib/files/private-file.ts'

const fileSchema = z.array(
  z.object({
    repoPath: z.string().startsWith('/'),
    kind: z.enum(forges),
    api: z.url(),
    git: z.url(),
    project: z.string().min(3),
    remote: z.string().min(1),
    target: z.string().min(1).nullable(),
    secret: z.string().regex(secretNamePattern),
    added: z.iso.datetime(),
  }),
)

const fileBytes = 1024 ** 2

const forgesPath = (home: string): string => join(home, 'forges.json')

/** In the order in which they came. @throws AppError('token-unsafe' | 'home-unusable') */
export async function listForges(home: string): Promise<readonly Forge[]> {
  const path = forgesPath(home)
  const text = await readPrivateFile(path, { what: 'the forges', limitBytes: fileBytes })
  if (text === undefined) return []
  try {
    return fileSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new AppError('home-unusable', `${path} is damaged`, {
      hint: 'Move it away and run microvm-orchestrator pull-requests set again',
      cause,
    })
  }
}

/** Keeps where a repository's work goes, in place of what was said of it before. @throws AppError('token-unsafe' | 'home-unusable') */
export async function setForge(home: string, forge: Forge): Promise<void> {
  await change(home, (all) => [...all.filter(({ repoPath }) => repoPath !== forge.repoPath), forge])
}

/** True when there was one. @throws AppError('token-unsafe' | 'home-unusable') */
export async function removeForge(home: string, repoPath: string): Promise<boolean> {
  let removed = false
  await change(home, (all) => {
    const others = all.filter((each) => each.repoPath !== repoPath)
    removed = others.length < all.length
    return others
  })
  return removed
}

async function change(home: string, edit: (all: readonly Forge[]) => readonly Forge[]): Promise<void> {
  await using lock = await lockFile(forgesPath(home))
  const changed = edit(await listForges(home))
  lock.assertHeld()
  await writePrivateFile(forgesPath(home), JSON.stringify(changed, null, 2))
}
