import { AppError } from '../../core/failure.ts'
import type { Forge, ForgeWish } from '../../core/pull-request.ts'
import { remoteAddress } from '../../git/remote/remote-address.ts'
import { findRepository } from '../../settings/repositories.ts'
import { type ListedSecret, listSecrets, unknownSecret } from '../../settings/secrets/secrets.ts'
import { requireOfForge } from './forge-access.ts'
import { forgeAddress } from './forge-address.ts'

/**
 * Where the work of a repository's tasks is to wait in pull requests, as its remote and the wish say, with the secret for it. Keeps nothing.
 * @throws AppError('argument-invalid' | 'repository-unknown' | 'token-unsafe' | 'home-unusable')
 */
export async function newForge(
  home: string,
  alias: string,
  wish: ForgeWish,
): Promise<{ readonly forge: Forge; readonly secret: ListedSecret }> {
  const { path: repoPath } = await findRepository(home, alias)
  const address = forgeAddress(wish.forge, await remoteAddress(repoPath, wish.remote), wish.api)
  if (typeof address === 'string') throw new AppError('argument-invalid', address, { hint: help })
  if (wish.target !== undefined && !isBranch(wish.target))
    throw new AppError('argument-invalid', 'The target is no name of a branch', { hint: help })
  const secret = (await listSecrets(home)).find(({ name }) => name === wish.secret)
  if (secret === undefined) throw unknownSecret(wish.secret)
  requireOfForge(secret, address)
  const forge: Forge = {
    ...{ repoPath, kind: wish.forge, ...address, remote: wish.remote, target: wish.target ?? null },
    ...{ secret: wish.secret, added: new Date().toISOString() },
  }
  return { forge, secret }
}

const help = 'See: microvm-orchestrator pull-requests set --help'

/** As git takes names, without what would mean something in a pattern. */
const isBranch = (name: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}$/.test(name) && !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(name)
