import { claudeCommand } from '../lib/processes/own-command.ts'

/**
 * The command that tells Claude Code of a server. A token is written out on a terminal, so that the line can be copied to any
 * machine; where the output is kept, as in a journal, the line reads it from its file.
 */
export function addLine(
  { url, token }: { readonly url: string; readonly token: string | null },
  { tokenPath, isTty }: { readonly tokenPath: string; readonly isTty: boolean },
  claude = claudeCommand(),
): string {
  const line = `${claude} mcp add --transport http --scope user microvm ${url}`
  if (token === null) return line
  const shown = isTty ? token : `$(cat '${tokenPath}')`
  return `${line} --header "Authorization: Bearer ${shown}"`
}
