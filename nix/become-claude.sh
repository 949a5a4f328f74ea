#!/bin/sh
# become-claude.sh FOLDER [CLAUDE]: Claude Code in what the task works in, as its user; the folder is the runner's private one. In a dev container any
# sh may run this, so it is no bash.
#
# Only Claude itself gets the key: it comes by a file in memory, and enters the environment right before the exec.
# Its texts come by stdin, because an argument may not be longer than 128 KiB and there may be more of it later.
folder=$1
claude=${2:-claude}
if [ -n "${2-}" ] && ! [ -e /lib64/ld-linux-x86-64.so.2 ] && ! [ -e /lib/ld-linux-aarch64.so.1 ]; then
  echo 'Claude Code needs glibc, which the image of the dev container has not: take one of Debian, Ubuntu or Fedora, not Alpine' >&2
  exit 127
fi
: >"$folder/claude-started"
echo $$ >"$folder/claude-pid"
if [ -e "$folder/key" ]; then
  key=$(cat "$folder/key")
  rm -f "$folder/key"
  export "$MICROVM_KEY_VARIABLE=$key"
fi
set -- --input-format stream-json --output-format stream-json --verbose -p
[ -z "${MICROVM_FORK_SESSION-}" ] || set -- --fork-session --session-id "$MICROVM_FORK_SESSION" "$@"
[ -z "${MICROVM_RESUME_SESSION-}" ] || set -- --resume "$MICROVM_RESUME_SESSION" "$@"
[ -z "${MICROVM_MAX_BUDGET_USD-}" ] || set -- --max-budget-usd "$MICROVM_MAX_BUDGET_USD" "$@"
# MCP servers of the user that came along.
for server in "${CLAUDE_CONFIG_DIR:-$HOME/.claude}"/mcp-servers/*.json; do
  [ ! -e "$server" ] || set -- --mcp-config "$server" "$@"
done
unset key MICROVM_KEY_VARIABLE MICROVM_MAX_BUDGET_USD MICROVM_RESUME_SESSION MICROVM_FORK_SESSION MICROVM_STATE MICROVM_WORKSPACE MICROVM_SAME_USER
exec "$claude" --dangerously-skip-permissions "$@" <"$folder/input"
