import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from './spawn.ts'

/** Folders where tools live that a desktop session's or a daemon's PATH often lacks. */
const usualFolders = (): readonly string[] => [
  ...['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/opt/homebrew/bin'],
  ...['/nix/var/nix/profiles/default/bin', '/run/current-system/sw/bin', join(homedir(), '.nix-profile/bin')],
]

/** Absolute path of a program, or undefined when there is none. */
export async function findTool(name: string): Promise<string | undefined> {
  const ours = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return (
    (await findIn(new Set([...ours, ...usualFolders()]), name)) ??
    // An app that the Finder starts has a bare PATH; where the user's own tools are, the user's shell knows.
    (process.platform === 'darwin' ? await findIn(await loginShellFolders(), name) : undefined)
  )
}

async function findIn(folders: Iterable<string>, name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not here: look in the next folder.
    }
  }
  return undefined
}

const shellMs = 5_000
let asked: Promise<readonly string[]> | undefined

function loginShellFolders(): Promise<readonly string[]> {
  asked ??= pathOfShell(process.env.SHELL ?? userInfo().shell ?? '/bin/zsh')
  return asked
}

/** The PATH that the shell gives its user after reading the files of a login; empty when it gives none. */
export async function pathOfShell(shell: string): Promise<readonly string[]> {
  // Marked, because those files may print anything.
  const { stdout } = await run(shell, ['-l', '-c', 'printf "\\nPATH=%s\\n" "$PATH"'], { timeoutMs: shellMs })
  const path = stdout.split('\n').findLast((line) => line.startsWith('PATH='))
  return (path?.slice('PATH='.length) ?? '').split(delimiter).filter((folder) => folder.startsWith('/'))
}
