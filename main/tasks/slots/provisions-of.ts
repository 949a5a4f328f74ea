import type { MachineDriver } from '../../machines/driver.ts'
import { forwardAddress, gatewayUrl } from '../../machines/forward.ts'
import { claudeHomeOf, readClaudeHome } from '../../settings/claude-home/claude-home.ts'
import { egressPolicy } from '../../settings/egress-word.ts'
import { guestNetwork } from '../../settings/guest-network.ts'
import { listRepositories } from '../../settings/repositories.ts'
import { secretsFor } from '../../settings/secrets/secrets.ts'
import type { SettingsStore } from '../../settings/settings-store.ts'
import { findKey } from '../../settings/token.ts'
import { requireForNode } from './for-node.ts'
import type { KeyAt, Provisions } from './provisions.ts'

/** What machines of every place can do. */
const linuxMachines = { forwardAddress, gatewayUrl, canClose: true } as const

interface ProvisionsOptions {
  readonly home: string
  readonly settings: Pick<SettingsStore, 'requireCurrent'>
  readonly env: NodeJS.ProcessEnv
  readonly machines: MachineDriver
  readonly repoPath: string
  /** Of a task on another host, whose guest is never given the key. */
  readonly place?: KeyAt | undefined
}

/** What a task of this repository is given, as settings, allowlist and key say now. @throws AppError for what the place cannot be given. */
export async function provisionsOf({
  home,
  settings,
  env,
  machines,
  repoPath,
  place,
}: ProvisionsOptions): Promise<Provisions> {
  const { egress, keyInGuest, serverTools, privateNetworks, idleBackgroundMs, asAtHome } = settings.requireCurrent()
  const repository = (await listRepositories(home)).find(({ path }) => path === repoPath)
  // A queued task of a repository that was taken off the list meanwhile: no one says any more what it may reach.
  const policy = repository ? (repository.egress ?? egressPolicy(egress)) : ({ kind: 'closed' } as const)
  const key = await findKey(env, home)
  const secrets = repository ? await secretsFor(home, repoPath) : []
  const network = place
    ? guestNetwork({ policy, key, keyInGuest: false, serverTools, env, secrets }, linuxMachines)
    : guestNetwork({ policy, key, keyInGuest, serverTools, env, secrets }, machines)
  if (place?.key === 'node') requireForNode(place, network.gateway)
  const reach = { policy, privateNetworks }
  const claudeHome = asAtHome.length > 0 && repository ? await readClaudeHome(claudeHomeOf(env), asAtHome, reach) : null
  return { ...network, privateNetworks, idleBackgroundMs, ...(claudeHome && { claudeHome }) }
}
