import { AppError } from '../../core/failure.ts'
import { type Secret, secretHostText } from '../../core/network/secret.ts'
import type { Forge, ForgeKind } from '../../core/pull-request.ts'
import type { RemoteAccess } from '../../git/remote/over-http.ts'
import { hostIn } from '../../lib/addresses.ts'
import { secretOfHost } from '../../settings/secrets/secrets.ts'
import type { ForgeAccess } from './ask-forge.ts'

/** As whom git shows a token where the secret names no user: GitLab and Gitea look at the token alone. */
const gitUsers: Readonly<Record<ForgeKind, string>> = { github: 'x-access-token', gitlab: 'oauth2', gitea: 'oauth2' }

/** How a forge and its remote are spoken to, with the user's credential. @throws AppError('argument-invalid' | 'token-unsafe' | 'home-unusable') */
export async function forgeAccess(
  home: string,
  { kind, api, git, secret: name }: Pick<Forge, 'kind' | 'api' | 'git' | 'secret'>,
  seen: ForgeAccess['seen'],
): Promise<{ readonly api: ForgeAccess; readonly git: RemoteAccess }> {
  const { secret, value, hidden } = await secretOfHost(home, name)
  requireOfForge(secret, { api, git })
  const user = secret.form.kind === 'basic' ? secret.form.user : gitUsers[kind]
  const basic = Buffer.from(`${user}:${value}`, 'latin1').toString('base64')
  return {
    api: { api, headers: headersOf[kind](value), hidden: [...hidden, basic], seen },
    git: { url: git, authorization: `Basic ${basic}` },
  }
}

const headersOf: Readonly<Record<ForgeKind, (token: string) => ForgeAccess['headers']>> = {
  github: (token) => ({
    ...{ authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' },
    'x-github-api-version': '2022-11-28',
  }),
  gitlab: (token) => ({ authorization: `Bearer ${token}` }),
  gitea: (token) => ({ authorization: `token ${token}` }),
}

/** @throws AppError('argument-invalid') for a secret of another host: what it is for, the user said when it was added. */
export function requireOfForge(secret: Secret, { api, git }: Pick<Forge, 'api' | 'git'>): void {
  const places = [api, git].map((url) => new URL(url))
  const isOfForge = places.some(
    (url) => hostIn(url) === secret.host && Number(url.port || (url.protocol === 'https:' ? 443 : 80)) === secret.port,
  )
  if (isOfForge) return
  const hosts = [...new Set(places.map(({ host }) => host))]
  throw new AppError(
    'argument-invalid',
    `The secret ${secret.name} is for ${secretHostText(secret)}, and not for ${hosts.join(' or ')}`,
    { hint: `microvm-orchestrator secrets add ${secret.name} --host ${hosts[0]} --for-this-host` },
  )
}
