import { delimiter, dirname } from 'node:path'
import { commandFolders, commandOfApp, installCommandLine } from '../lib/processes/install-command-line.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Links this very program into a folder of the user's PATH, and says what is left to do where the PATH has none that takes it. */
export async function installCommand(
  { say, note, env }: Pick<Terminal, 'say' | 'note' | 'env'>,
  folders: readonly string[] = commandFolders(),
): Promise<void> {
  const onPath = new Set((env.PATH ?? '').split(delimiter))
  // A folder that is searched already is better than one that comes first.
  const ordered = folders.toSorted((a, b) => Number(onPath.has(b)) - Number(onPath.has(a)))
  const link = await installCommandLine(commandOfApp(false), ordered)
  say(`Installed: ${link}`)
  if (onPath.has(dirname(link))) return
  note(
    `${dirname(link)} is not on your PATH. Log out and in again, which is enough on most systems; or run: export PATH="${dirname(link)}:$PATH"`,
  )
}
