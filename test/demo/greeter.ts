import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { bash, type Script, say, sequence, use } from '../support/claude/scripted-turn.ts'
import { offlineFlake } from '../support/git/repositories.ts'

const greeter = `#!/bin/sh
# Greets whoever is named, or the world.
echo "Hello, world"
`

// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own.
const fixedLine = 'echo "Hello, ${1:-world}"'

const check = `#!/bin/sh
set -eu
test "$(./greet.sh)" = "Hello, world"
test "$(./greet.sh Ada)" = "Hello, Ada"
echo "all good"
`

/** The task of the demo; any agent can do it, and `check.sh` shows whether it did. */
export const greeterTask =
  'greet.sh ignores the name that it is given. Correct it so that ./check.sh succeeds, and commit the change.'

/** Chooses the script below where the scripted API answers. */
export const scriptMarker = ' [script: greeter]'

/** What the scripted model does where no key is given: the same as a real one would, in few steps. */
export const greeterScript: Script = sequence(
  ({ directory }) => use('Read', { file_path: `${directory}/greet.sh` }, 'Let me look at the script first.'),
  ({ directory }) =>
    use(
      'Edit',
      { file_path: `${directory}/greet.sh`, old_string: 'echo "Hello, world"', new_string: fixedLine },
      'It never looks at its argument.',
    ),
  () => bash('./check.sh'),
  () => bash("git commit -qam 'Greet whoever is named' && git log --oneline -1"),
  () => say('greet.sh now greets the name that it is given, and the world when there is none; check.sh succeeds.'),
)

/** Makes a small real repository, in place of an earlier one. */
export async function makeGreeter(folder: string, signal: AbortSignal): Promise<void> {
  const git = (...args: string[]) => runOrThrow('git', args, { cwd: folder }, signal)
  await mkdir(folder, { recursive: true })
  const files = { 'greet.sh': greeter, 'check.sh': check, 'flake.nix': offlineFlake }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  for (const name of ['greet.sh', 'check.sh']) await chmod(join(folder, name), 0o755)
  await git('init', '--quiet', '--initial-branch=main', '.')
  await git('config', 'user.name', 'Demo')
  await git('config', 'user.email', 'demo@example.com')
  await git('config', 'commit.gpgsign', 'false')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'Start')
}
