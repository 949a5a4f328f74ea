import { changeTo } from '../../core/merge/merge-policy.ts'
import type { Forge, ForgeWish } from '../../core/pull-request.ts'
import { listForges, setForge } from '../../settings/forges.ts'
import { findRepository, setMergePolicy } from '../../settings/repositories.ts'
import { listSecrets } from '../../settings/secrets/secrets.ts'
import type { Calls } from '../answer-call.ts'

/** Checks a wish against the repository's remote and the secrets. @throws AppError that says what is wrong with it */
export type NewForge = (alias: string, wish: ForgeWish) => Promise<Forge>

/** Answers what the window asks about pull requests of a repository. */
export function forgeCalls({
  home,
  newForge,
  refresh,
}: {
  readonly home: string
  readonly newForge: NewForge
  /** Has windows see a repository's changed entry. */
  readonly refresh: () => Promise<void>
}): Calls<'forge' | 'setForge'> {
  return {
    forge: async ({ alias }) => {
      const { path } = await findRepository(home, alias)
      const [forges, secrets] = await Promise.all([listForges(home), listSecrets(home)])
      const found = forges.find(({ repoPath }) => repoPath === path)
      return { forge: found ? shown(found) : null, secrets: secrets.map(({ name }) => name) }
    },
    setForge: async ({ alias, ...wish }) => {
      const forge = await newForge(alias, wish)
      // What waits for no review is never pushed.
      await setMergePolicy(home, alias, changeTo({ kind: 'review' }))
      await setForge(home, forge)
      await refresh()
      return {}
    },
  }
}

const shown = ({ kind, api, project, remote, target, secret }: Forge) => ({
  ...{ kind, api, project, remote, target, secret },
})
