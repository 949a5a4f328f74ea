import { environmentText } from '../core/environment/environment.ts'
import { landingText } from '../core/landing/landing.ts'
import { mergePolicyText } from '../core/merge/merge-policy.ts'
import { egressText } from '../core/network/egress.ts'
import { listRepositories } from '../settings/repositories.ts'
import type { Terminal } from './terminal/terminal.ts'

interface ListOptions {
  readonly egress: boolean
  readonly merge: boolean
  readonly environment: boolean
}

/** Prints `  ALIAS: PATH` a line; when asked, lines below each that say what its tasks may reach and when they are merged, and what they work in. */
export async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  const repositories = await listRepositories(terminal.home)
  // Beside the result: scripts read one repository a line.
  if (repositories.length === 0) terminal.note('No repository is registered: run microvm-orchestrator allow PATH')
  for (const { alias, path, egress, mergePolicy, landing, environment } of repositories) {
    terminal.say(`  ${alias}: ${path}`)
    if (options.egress) terminal.say(`    egress: ${egressText(egress)}`)
    if (options.environment) terminal.say(`    environment: ${environmentText(environment)}`)
    if (options.merge) terminal.say(`    merged: ${mergePolicyText(mergePolicy)}`)
    if (options.merge && landing !== 'direct') terminal.say(`    lands: ${landingText(landing)}`)
  }
}
