import type { MachineDriver } from '../../machines/driver.ts'
import { claudeFolder, readClaudeHome } from '../../settings/claude-home.ts'
import { egressPolicy } from '../../settings/egress-word.ts'
import { guestNetwork } from '../../settings/guest-network.ts'
import { listRepositories } from '../../settings/repositories.ts'
import { secretsFor } from '../../settings/secrets.ts'
import type { SettingsStore } from '../../settings/settings-store.ts'
import { findKey } from '../../settings/token.ts'
import type { Provisions } from './provisions.ts'

interface ProvisionsOptions {
  readonly home: string
  readonly settings: Pick<SettingsStore, 'requireCurrent'>
  readonly env: NodeJS.ProcessEnv
  readonly machines: MachineDriver
  readonly repoPath: string
}

/** What a task of this repository is given, as settings, allowlist and key say now. */
export async function provisionsOf({
  home,
  settings,
  env,
  machines,
  repoPath,
}: ProvisionsOptions): Promise<Provisions> {
  const { egress, keyInGuest, serverTools, privateNetworks, idleBackgroundMs, asAtHome } = settings.requireCurrent()
  const repository = (await listRepositories(home)).find(({ path }) => path === repoPath)
  // A queued task of a repository that was taken off the list meanwhile: no one says any more what it may reach.
  const policy = repository ? (repository.egress ?? egressPolicy(egress)) : ({ kind: 'closed' } as const)
  const key = await findKey(env, home)
  const secrets = repository ? await secretsFor(home, repoPath) : []
  const network = guestNetwork({ policy, key, keyInGuest, serverTools, env, secrets }, machines)
  const claudeHome = asAtHome.length > 0 && repository ? await readClaudeHome(claudeFolder(env), asAtHome) : null
  return { ...network, privateNetworks, idleBackgroundMs, ...(claudeHome && { claudeHome }) }
}
