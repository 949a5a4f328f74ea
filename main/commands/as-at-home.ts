import { homeParts } from '../core/home-parts.ts'
import { claudeFolder, readClaudeHome } from '../settings/claude-home.ts'
import { readSettings } from '../settings/settings.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Shows what of the user's Claude Code tasks are given by the settings, or would be given if all parts were. */
export async function asAtHome(terminal: Terminal): Promise<void> {
  const { asAtHome: parts } = readSettings(terminal.home)
  const { files, leftOut } = await readClaudeHome(claudeFolder(terminal.env), parts.length > 0 ? parts : homeParts)
  const which =
    parts.length > 0
      ? `Tasks are given (${parts.join(', ')})`
      : 'Tasks are given nothing; with all parts in the setting asAtHome it would be'
  terminal.note(`${which}, as copies:`)
  for (const { path } of files) terminal.say(`  ${path}`)
  for (const { path, why } of leftOut) terminal.note(`  ${path} stays at home: ${why}`)
}
