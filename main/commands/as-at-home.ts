import { homeParts } from '../core/home-parts.ts'
import { egressText } from '../core/network/egress.ts'
import { claudeHomeOf, readClaudeHome } from '../settings/claude-home/claude-home.ts'
import { egressPolicy } from '../settings/egress-word.ts'
import { readSettings } from '../settings/settings.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Shows what of the user's Claude Code tasks are given by the settings, or would be given if all parts were. */
export async function asAtHome(terminal: Terminal): Promise<void> {
  const { asAtHome, egress, privateNetworks } = readSettings(terminal.home)
  const parts = asAtHome.length > 0 ? asAtHome : homeParts
  const policy = egressPolicy(egress)
  const home = claudeHomeOf(terminal.env)
  const { files, leftOut } = await readClaudeHome(home, parts, { policy, privateNetworks })
  const which =
    asAtHome.length > 0
      ? `Tasks are given (${parts.join(', ')})`
      : 'Tasks are given nothing; with all parts in the setting asAtHome it would be'
  terminal.note(`${which}, as copies:`)
  for (const { path, url } of files) terminal.say(url === undefined ? `  ${path}` : `  ${path} (${url})`)
  for (const { path, why } of leftOut) terminal.note(`  ${path} stays at home: ${why}`)
  if (parts.includes('mcp-servers')) {
    terminal.note(`Servers are those that the egress policy of the settings reaches (${egressText(policy)}).`)
  }
}
