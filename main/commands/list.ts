import { listRepositories } from '../settings/repositories.ts'
import type { Terminal } from './terminal.ts'

export async function list(terminal: Terminal): Promise<void> {
  for (const { alias, path } of await listRepositories(terminal.home)) terminal.say(`  ${alias}: ${path}`)
}
