import { removeRepository } from '../settings/repositories.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Forgets the repository; its files, its tasks and their refs stay. */
export async function remove(terminal: Terminal, alias: string): Promise<void> {
  await removeRepository(terminal.home, alias)
  terminal.say(`Removed: ${alias}`)
}
