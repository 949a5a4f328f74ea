import { mergePolicyText } from '../core/merge/merge-policy.ts'
import { egressText } from '../core/network/egress.ts'
import { listRepositories } from '../settings/repositories.ts'
import type { Terminal } from './terminal/terminal.ts'

interface ListOptions {
  readonly egress: boolean
  readonly merge: boolean
}

/** `  ALIAS: PATH` a line; when asked, lines below each that say what its tasks may reach and when they are merged. */
export async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  for (const { alias, path, egress, mergePolicy } of await listRepositories(terminal.home)) {
    terminal.say(`  ${alias}: ${path}`)
    if (options.egress) terminal.say(`    egress: ${egressText(egress)}`)
    if (options.merge) terminal.say(`    merged: ${mergePolicyText(mergePolicy)}`)
  }
}
