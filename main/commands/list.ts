import { egressText } from '../core/egress.ts'
import { listRepositories } from '../settings/repositories.ts'
import type { Terminal } from './terminal.ts'

/** `  ALIAS: PATH` a line; with `egress` a line below each that says what its tasks may reach. */
export async function list(terminal: Terminal, options: { readonly egress: boolean }): Promise<void> {
  for (const { alias, path, egress } of await listRepositories(terminal.home)) {
    terminal.say(`  ${alias}: ${path}`)
    if (options.egress) terminal.say(`    egress: ${egressText(egress)}`)
  }
}
