import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { packageDirectory } from '../../../main/lib/files/paths.ts'
import type { Machine, MachineDriver } from '../../../main/machines/driver.ts'

export interface RunnerGuestOptions {
  /** A folder in which the agents of all guests leave the file `agents`, see `plainAgent`. */
  readonly seen: string
  /** The program in place of the one below. */
  readonly claude?: string
}

/**
 * An agent that writes a line when it begins (`begun`, with what it finds) and when it is told something (`told`), commits that, and ends with its input. It is
 * done when there is a file `go` beside its lines.
 */
const plainAgent = `#!/bin/bash
[ "$1" != --version ] || exit 0
SEEN=$NIX_SEEN
echo "begun $(git rev-parse HEAD) model=\${ANTHROPIC_MODEL-} extra=\${EXTRA-} shell=\${IN_SHELL-} key=\${ANTHROPIC_API_KEY-} rules=$(cat "$HOME/.claude/CLAUDE.md" 2>/dev/null) $*" >>"$SEEN/agents"
read -r line
id=$(jq -r .uuid <<<"$line") text=$(jq -r .message.content <<<"$line")
echo "told $text" >>"$SEEN/agents"
printf '{"type":"command_lifecycle","command_uuid":"%s","state":"started"}\\n{"type":"system","subtype":"init"}\\n' "$id"
echo "$text" >"$text.txt" && git add "$text.txt" && git commit -q -m "Add $text.txt"
until [ -e "$SEEN/go" ]; do sleep 0.05; done
printf '{"type":"result","subtype":"success","is_error":false,"result":"Done","num_turns":1}\\n{"type":"command_lifecycle","command_uuid":"%s","state":"completed"}\\n' "$id"
cat >/dev/null
`

/** The real runner as the guest of a process driver. In place of nix there is a program that enters the shell, which runs the clone's \`shell-hook\`. */
export const runnerGuest = ({ seen, claude = plainAgent }: RunnerGuestOptions): string => `
ln -sfn "$REPO" "$SHARE/repo"
mkdir -p "$HOME/bin" "$HOME/state" "$HOME/home"
cat >"$HOME/bin/claude" <<'CLAUDE'
${claude}CLAUDE
cat >"$HOME/bin/nix" <<'NIX'
#!/bin/bash
[ "$1" != --version ] || exit
while [ "$1" != --command ]; do shift; done
shift
[ ! -e shell-hook ] || source ./shell-hook
IN_SHELL=yes exec "$@"
NIX
chmod +x "$HOME"/bin/*
printf 'Iface Destination Gateway\\n' >"$HOME/routes"
# The user's environment is made anew by the runner; this is what it keeps.
exec env -i PATH="$HOME/bin:/usr/local/bin:/usr/bin:/bin" NIX_SEEN='${seen}' MICROVM_WORKSPACE="$SHARE" MICROVM_STATE="$HOME/state" \\
  MICROVM_USER_HOME="$HOME/home" MICROVM_RUNTIME_DIR="$HOME/run" MICROVM_SAME_USER=yes MICROVM_POWER_OFF=true MICROVM_ROUTES="$HOME/routes" \\
  MICROVM_GRACE_SECONDS=1 MICROVM_SLABINFO=/dev/null MICROVM_DROP_CACHES=/dev/null MICROVM_CHECK_FOLDER="$HOME/check" \\
  bash '${join(packageDirectory(), 'nix', 'task-runner.sh')}'
`

/** With machines in which the host's word on the time wakes the runner, as the clock's line does in a guest. */
export const wakingDriver = (driver: MachineDriver): MachineDriver => ({
  ...driver,
  start: async (spec, signal) => waking(await driver.start(spec, signal)),
  adopt: async (handle) => {
    const machine = await driver.adopt(handle)
    return machine && waking(machine)
  },
})

const waking = (machine: Machine): Machine => ({
  ...machine,
  setClock: async () => {
    try {
      const told = join(machine.handle.runDirectory, 'state/told')
      await using line = await open(told, constants.O_WRONLY | constants.O_NONBLOCK)
      await line.write('\n')
    } catch (error) {
      // A runner that does not wait hears nothing.
      if (!['ENOENT', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  },
})
