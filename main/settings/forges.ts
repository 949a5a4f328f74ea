import { z } from 'zod'
import { secretNamePattern } from '../core/network/secret.ts'
import { type Forge, forges } from '../core/pull-request.ts'
import { PrivateList } from '../lib/files/private-list.ts'

const kept = new PrivateList<Forge>({
  name: 'forges.json',
  what: 'the forges',
  entry: z.object({
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
  hint: 'Move it away and run microvm-orchestrator pull-requests set again',
})

export const forgesPath = (home: string): string => kept.path(home)

/** In the order in which they came. @throws AppError('token-unsafe' | 'home-unusable') */
export const listForges = (home: string): Promise<readonly Forge[]> => kept.read(home)

/**
 * Keeps where a repository's work goes, in place of what was said of it before. Where that is the same project still, it counts from when that was added: requests
 * that are open there, and work that waits for one, go on. @throws AppError('token-unsafe' | 'home-unusable')
 */
export async function setForge(home: string, forge: Forge): Promise<void> {
  await kept.change(home, (all) => {
    const former = all.find(({ repoPath }) => repoPath === forge.repoPath)
    const isSame = former?.kind === forge.kind && former.api === forge.api && former.project === forge.project
    const others = all.filter((each) => each !== former)
    return [...others, isSame ? { ...forge, added: former.added } : forge]
  })
}

/** True when there was one. @throws AppError('token-unsafe' | 'home-unusable') */
export async function removeForge(home: string, repoPath: string): Promise<boolean> {
  let removed = false
  await kept.change(home, (all) => {
    const others = all.filter((each) => each.repoPath !== repoPath)
    removed = others.length < all.length
    return others
  })
  return removed
}
