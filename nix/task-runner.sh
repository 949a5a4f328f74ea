#!/usr/bin/env bash
# Runs one task in a guest: reads it from the share, lets Claude Code work on it in the clone, writes result.json and
# powers off, whatever happens. Started as root once the share is mounted; the work itself is done as the guest's user.
#
# Into the share: task.md, .api-key, environment, start-ref; environment-files when a flake stands in place of the repository's;
# claude-files with what of the user's own Claude Code comes along; when the task goes on after a limit or after its end also session/,
# continue.md with what it is told then, and told.jsonl with what its earlier agents were told; while it works messages.jsonl. A machine that was booted ahead finds standby there,
# load and unload while it waits, and go once it has its task.
# Out of it: waiting, started, preparing, claude-stream.jsonl, claude-stderr.log, agent-waits, inbox-closed, result.json, session/.
set -u

workspace=${MICROVM_WORKSPACE:-/workspace}
repo=$workspace/repo
state=${MICROVM_STATE:-/run/microvm}
private=$state/private
user_home=${MICROVM_USER_HOME:-/home/claude}
self=$(readlink -f "${BASH_SOURCE[0]}")
stream=$workspace/claude-stream.jsonl
stderr_log=$workspace/claude-stderr.log

say() { printf 'microvm: %s\n' "$*"; }

# ---- as root -------------------------------------------------------------------------------------------------------

# shellcheck source=inbox.sh
source "${MICROVM_INBOX:-${self%/*}/inbox.sh}"
# shellcheck source=ahead.sh
source "${MICROVM_AHEAD:-${self%/*}/ahead.sh}"
# shellcheck source=dev-container.sh
source "${MICROVM_DEV_CONTAINER:-${self%/*}/dev-container.sh}"

child=
helpers=()
result_written=
network=open
key_variable=
max_budget_usd=
idle_seconds=
check_command=
# How long it may take; nothing where it takes as long as it likes.
check_seconds=
# Something where this machine is for the check alone.
check_only=
resume_session=
# The session that the task is to go on in, the task that its clone was copied from, and its own id.
session=
fork_of=
task_id=
# The id for a copy of that session, in which the work goes on; nothing where it goes on in the session itself.
fork_session=
# By which Claude knows the first text of this run; one of the runner's own where the host names none.
prompt_id=
# How long Claude waits for a message each time that it is done; nothing where it ends then.
hold_seconds=
wip_subject=
flake=
nix_arguments=()
# What the task works in: the repository's own flake when empty, one that the host gave (given), the dev container that a file of the clone
# describes (devcontainer), or nothing but this guest (plain).
environment=
dev_container=
code=
# How long the stream was when Claude was started.
before=
# The file of what Claude is told first.
text=$private/task.md
# What shows the stream on the console, and something where the words of `idle_words` come by descriptor 8.
progress=
hears_idle=
check_code=
check_late=
shell=()
# Of the environment file, as NAME=VALUE; read once, because what lies in the share can be changed by the agent.
given=()

power_off() {
  if [ -n "${MICROVM_POWER_OFF-}" ]; then
    $MICROVM_POWER_OFF
  elif [ -d /run/systemd/system ]; then
    systemctl poweroff --no-block
  fi
  # Under the Debian image's own init, PID 1 powers off when this script has ended.
}

# Not where a test runs this as itself.
is_root() { [ "$EUID" = 0 ] && [ -z "${MICROVM_SAME_USER-}" ]; }

# As the guest's user. setpriv replaces this process, so that the pid stays the one to wait for and to kill.
as_user() {
  if is_root; then
    exec setpriv --reuid 1000 --regid 1000 --init-groups -- "$@"
  fi
  exec "$@"
}

# write_result SUCCESS ERROR EXIT_CODE; the summary is read from $private/summary. Empty ERROR and EXIT_CODE mean null. What changed the
# host sees for itself.
write_result() {
  rm -f "$workspace/preparing"
  local result written=yes
  [ -e "$private/summary" ] || : >"$private/summary"
  [ -e "$private/check-output" ] || : >"$private/check-output"
  result=$(jq -n --argjson success "$1" --arg error "${2:0:20000}" --arg code "$3" --rawfile summary "$private/summary" \
    --arg check_code "$check_code" --arg late "$check_late" --rawfile check_output "$private/check-output" '{
      success: $success,
      summary: $summary[0:200000],
      error: (if $error == "" then null else $error end),
      exit_code: ($code | tonumber? // null)
    } + if $check_code == "" then {} else {
      check: ({ exit_code: ($check_code | tonumber), output: $check_output[-65536:] } +
        if $late == "" then {} else { timed_out: true } end)
    } end') ||
    result='{"success":false,"summary":"","error":"The result could not be written as JSON in the guest","exit_code":null}'
  # By no program: the host reads it once the shares are closed. What somebody has put in its place is replaced, not written to.
  set -C
  { [ ! -e "$workspace/result.json" ] && printf '%s\n' "$result" >"$workspace/result.json"; } 2>/dev/null || written=
  set +C
  if [ -z "$written" ]; then
    printf '%s\n' "$result" >"$workspace/.result.json.new"
    mv -f "$workspace/.result.json.new" "$workspace/result.json"
  fi
  result_written=yes
  if [ "$1" = true ]; then say 'task done'; else say "task failed: ${2:0:300}"; fi
}

stop_child() {
  [ -z "$container" ] || stop_container
  [ -n "$child" ] || return 0
  kill -TERM -- "-$child" 2>/dev/null || return 0
  # An agent that waits for its task is stopped, see rest_agent.
  kill -CONT -- "-$child" 2>/dev/null
  for _ in {1..50}; do
    kill -0 -- "-$child" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$child" 2>/dev/null
  # Taken here, so that bash does not report on the console how it ended.
  wait "$child" 2>/dev/null
}

finish() {
  local code=$?
  trap '' TERM INT HUP
  trap - EXIT
  stop_child
  read_stream
  for helper in ${helpers[@]+"${helpers[@]}"}; do kill "$helper" 2>/dev/null; done
  [ ! -e "$private/key" ] || rm -f "$private/key"
  if [ -z "$result_written" ] && [ -d "$private" ] && [ -e "$workspace/started" ]; then
    keep_session
    write_result false "${stop_reason:-The task runner ended before Claude did}" ''
  fi
  power_off
  exit "$code"
}

fail() {
  write_result false "$1" "${2-}"
  exit 1
}

# ---- what the host gave --------------------------------------------------------------------------------------------

# Each program that is started costs tens of milliseconds on an emulated processor, so bash does what it can by itself.
take_key() {
  local key=
  [ -e "$workspace/.api-key" ] || return 0
  IFS= read -r -d '' key <"$workspace/.api-key"
  rm -f "$workspace/.api-key"
  [ -z "$key" ] || printf '%s' "${key%$'\n'}" >"$private/key"
}

# Sets the environment of the guest's user in this (sub)shell: nothing of ours, then what the host gave.
user_environment() {
  local name pair
  for name in $(compgen -e); do
    case $name in PATH | MICROVM_STATE | MICROVM_WORKSPACE | MICROVM_SAME_USER | LANG | NIX_* | SSL_CERT_FILE | TZDIR | LOCALE_ARCHIVE) ;;
      *) unset "$name" ;; esac
  done
  export HOME=$user_home USER=claude LOGNAME=claude SHELL=$BASH TERM=dumb LANG=${LANG-C.UTF-8}
  export XDG_RUNTIME_DIR=${MICROVM_RUNTIME_DIR-/run/user/1000}
  export DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
  # Claude waits twice as long with each try: four tries end within a minute, ten take several.
  export CLAUDE_CODE_MAX_RETRIES=4
  if [ "$network" = closed ]; then
    export NIX_CONFIG=$'substituters =\nflake-registry =\nconnect-timeout = 5'
  fi
  for pair in ${given[@]+"${given[@]}"}; do
    if [[ $pair =~ ^[A-Za-z_][A-Za-z_0-9]*= && $pair != MICROVM_* ]]; then export "${pair?}"; fi
  done
}

# setting NAME VARIABLE: sets the variable to the value of a name in the environment file, which is for Claude and for us; to nothing where it has none.
setting() {
  local pair
  printf -v "$2" ''
  for pair in ${given[@]+"${given[@]}"}; do
    [[ $pair != "$1="* ]] || printf -v "$2" '%s' "${pair#*=}"
  done
}

prepare_git() {
  # The clone's own identity, where the host put one into its configuration, wins over this one.
  [ -e "$user_home/.gitconfig" ] ||
    printf '[user]\n\tname = Claude\n\temail = claude@microvm.invalid\n[safe]\n\tdirectory = *\n' >"$user_home/.gitconfig"
}

# put_in_home FILE NAME: the value of a name in the environment file becomes a file of the guest's user, where there is one.
put_in_home() {
  local text=
  setting "$2" text
  [ -n "$text" ] || return 0
  (as_user "$BASH" -c 'mkdir -p "${1%/*}" && printf "%s" "$2" >"$1"' put "$user_home/$1" "$text")
}

# What has tools of the guest find the routes of the user's secrets, where no variable does.
prepare_tools() {
  put_in_home .cargo/config.toml MICROVM_CARGO_CONFIG &&
    put_in_home .config/containers/registries.conf.d/microvm.conf MICROVM_CONTAINER_REGISTRIES
}

# A route and a name server; whether they lead anywhere is not tried, the first download tells.
network_ready() {
  local destination rest
  while read -r _ destination rest; do
    [ "$destination" = 00000000 ] && grep -qs '^nameserver' "${MICROVM_RESOLV_CONF:-/etc/resolv.conf}" && return 0
  done <"${MICROVM_ROUTES:-/proc/net/route}"
  return 1
}

wait_for_network() {
  for _ in {1..50}; do
    network_ready && return 0
    sleep 0.2
  done
  return 1
}

# ---- while Claude works --------------------------------------------------------------------------------------------

# What Claude writes into its stream, once `read_stream` has left a letter for each who asks, and until Claude has ended.
follow_stream() {
  read -r -n 1 _ <&9
  exec 9>&-
  exec tail -c +$((before + 1)) -s 0.1 --pid="$child" -f "$stream" 2>/dev/null
}

# Loads what reads Claude's stream, and what writes the first line of its input: each jq takes an emulated processor a third of a second, which is better
# spent while Claude is loaded than once it has its task. Sets `progress`, and opens the descriptors 6 to 9.
load_helpers() {
  hears_idle=
  exec 9<>"$state/reading"
  show_progress &
  progress=$!
  exec 7< <(follow_stream | receipts 2>/dev/null 9>&-)
  [ -z "$idle_seconds" ] || load_idle
  # By a way of its own into the pipe: jq must not hold the reading end, or it would wait for ever where Claude does not come to read.
  exec 6> >(exec 7<&- 8<&- 9>&- && first_message >"$private/input" 2>/dev/null)
}

load_idle() {
  exec 8< <(exec 7<&- && follow_stream | idle_words 2>/dev/null 9>&-)
  hears_idle=yes
}

# Lets those that follow the stream begin, each of which takes one letter.
read_stream() {
  printf 'xxxx' >&9
  exec 9>&-
} 2>/dev/null

# One short line for each thing that Claude says or does, for a person who watches the console.
show_progress() {
  follow_stream | jq -Rr --unbuffered '
    def short: tostring | gsub("[[:cntrl:]]+"; " ") | if length > 160 then .[0:160] + "..." else . end;
    fromjson? | select(.type == "assistant") | .message.content[]? |
    if .type == "text" then "microvm: claude says: \(.text | short)"
    elif .type == "tool_use" then
      "microvm: claude uses \(.name | short): \(.input | .command // .file_path // .pattern // .description // "" | short)"
    else empty end' 2>/dev/null 9>&-
}

# One line for each thing that is fetched or built before Claude begins.
show_preparing() {
  local line
  [ -e "$workspace/preparing" ] || return 0
  tail -n 0 -s 0.5 --pid="$child" -f "$stderr_log" 2>/dev/null | while IFS= read -r line && [ -e "$workspace/preparing" ]; do
    line=${line//[[:cntrl:]]/ }
    say "${line:0:160}"
  done
}

# Whether Claude waits for nothing but commands in the background, as far as its stream says, one word a line.
idle_words() {
  jq -Rrn --unbuffered '
    foreach (inputs | fromjson? | objects) as $line ({};
      if $line.type == "result" then .answered = true
      elif $line.type == "assistant" or ($line.type == "system" and $line.subtype == "init") then .answered = false
      elif $line.subtype == "background_tasks_changed" then .agents = ([$line.tasks[]? | objects | select(.task_type != "local_bash")] != [])
      else . end;
      if .answered and (.agents | not) then "waits" else "works" end)'
}

# Ends Claude once it has waited for so long, after an answer, for nothing but commands in the background. An agent that works in the background is
# not waited for in vain. Claude takes SIGINT as a wish to end: the answer stands, and its exit status is 0 (measured with 2.1.330; SIGTERM gives 143).
end_idle() {
  local word deadline=
  while :; do
    if [ -n "$deadline" ]; then
      if [ "$deadline" -le "$SECONDS" ]; then
        # An agent that waits for its user does so for a time of its own.
        [ -e "$private/waits" ] || break
        deadline=$((SECONDS + idle_seconds))
      fi
      read -r -t "$((deadline - SECONDS))" word
    else
      read -r word
    fi
    case $? in
      0) ;;
      1) return ;;
      *) continue ;;
    esac
    if [ "$word" = works ]; then deadline=; else deadline=${deadline:-$((SECONDS + idle_seconds))}; fi
  done <&8
  say "ending Claude, which has waited $idle_seconds s for a command in the background"
  : >"$private/ended-idle"
  signal_claude INT
  sleep "${MICROVM_GRACE_SECONDS:-20}" >/dev/null 2>&1
  kill -KILL -- "-$child" 2>/dev/null
}

# The host's virtiofsd holds a descriptor for each file that the guest remembers, and can run out of them.
give_back_files() {
  local name active
  while sleep 2; do
    [ -z "$loaded" ] || [ ! -e "$private/claude-started" ] || return 0
    while read -r name active _; do
      [ "$name" = fuse_inode ] && [ "$active" -gt 8000 ] && echo 2 >"${MICROVM_DROP_CACHES:-/proc/sys/vm/drop_caches}"
    done <"${MICROVM_SLABINFO:-/proc/slabinfo}"
  done 2>/dev/null
}

# lay_down FILE FOLDER [marked]: texts of the host's, names and contents in turn, none of which leads out of the folder. Where they are marked, each
# name stands behind x for a program or -, and what is laid down is read-only.
lay_down() {
  local files=() at name mode=
  mapfile -d '' files <"$1" || return 1
  for ((at = 0; at + 1 < ${#files[@]}; at += 2)); do
    name=${files[at]}
    if [ -n "${3-}" ]; then
      mode=444
      [ "${name:0:1}" != x ] || mode=555
      name=${name:1}
    fi
    [[ $name != /* && /$name/ != */../* ]] || return 1
    mkdir -p "$2/${name%"${name##*/}"}" && printf '%s' "${files[at + 1]}" >"$2/$name" || return 1
    [ -z "$mode" ] || chmod "$mode" "$2/$name"
  done
}

# The flake that stands in place of the repository's. It lies where the agent cannot change it, and sets `flake`.
take_environment() {
  local folder=$state/environment
  lay_down "$workspace/environment-files" "$folder" || return 1
  [ -e "$folder/flake.nix" ] && flake=path:$folder
}

# What of the user's own Claude Code comes along. They are copies that the agent cannot write; what Claude makes itself lies beside them.
take_claude_files() (
  [ -e "$workspace/claude-files" ] || exit 0
  folder=$user_home/.claude
  umask 022
  lay_down "$workspace/claude-files" "$folder" marked || exit 1
  [ -n "${MICROVM_SAME_USER-}" ] || chown 1000:1000 "$folder"
)

# choose_shell [NIX_ARGUMENT...]: sets `shell` to what stands before a command that runs in what the task works in. Its arguments hold from then on.
choose_shell() {
  [ $# = 0 ] || nix_arguments=("$@")
  case $environment in
    plain) shell=() ;;
    devcontainer) ;; # It was started before.
    *) shell=(nix develop "$flake" --no-write-lock-file ${nix_arguments[@]+"${nix_arguments[@]}"} --command) ;;
  esac
}

# become_claude: what runs Claude there, with the shell before it.
become_claude() {
  local name
  case $environment in
    devcontainer)
      for name in MICROVM_KEY_VARIABLE MICROVM_MAX_BUDGET_USD MICROVM_RESUME_SESSION MICROVM_FORK_SESSION; do
        [ -z "${!name-}" ] || shell+=(--remote-env "$name=${!name}")
      done
      as_user setsid "${shell[@]}" sh /opt/microvm/become-claude.sh /opt/microvm /opt/microvm-claude
      ;;
    *)
      as_user setsid ${shell[@]+"${shell[@]}"} "$BASH" "${MICROVM_BECOME_CLAUDE:-${self%/*}/become-claude.sh}" "$private"
      ;;
  esac
}

# Sets `flake` to where nix is to read it, for nix copies into its store whatever it finds: copies of the files that the flake can read or, where that cannot
# be told, the clone with its history out of sight. That view is private: what is mounted in one that is shared shows in the clone, too. Neither lies in
# a folder that anybody cleans up.
show_flake() {
  local view=/run/microvm-flake files=/run/microvm-flake-files why
  flake=path:.
  is_root || return 0
  rm -rf "$files"
  if why=$("${MICROVM_PERL:-perl}" "${MICROVM_FLAKE_FILES:-${self%/*}/flake-files.pl}" "$repo" "$files" 2>&1); then
    flake=path:$files
    return 0
  fi
  rm -rf "$files"
  say "nix is shown all of the repository: ${why%%$'\n'*}"
  if [ ! -e "$view" ]; then
    mkdir -p "$view" && mount --bind --make-private "$repo" "$view" && mount -t tmpfs -o mode=755 history "$view/.git" || return 0
  fi
  flake=path:$view
}

# start_shell [NIX_ARGUMENT...]: Claude in what the task works in, until it waits for its input; sets `child`, and `before` to the bytes that its stream had.
# No lock file is written: what the task changes is what Claude changed.
start_shell() {
  choose_shell "$@"
  : >>"$stream" # Whoever reads it finds it, however early.
  before=$(stat -c %s "$stream")
  rm -f "$private/claude-started" "$private/input" "$private/interrupted" "$private/waits" "$state/reading"
  mkfifo -m 600 "$private/input" "$state/reading"
  ! is_root || chown 1000:1000 "$private/input"
  (
    cd "$repo" || exit 127
    user_environment
    [ -z "$max_budget_usd" ] || export MICROVM_MAX_BUDGET_USD=$max_budget_usd
    [ -z "$resume_session" ] || export MICROVM_RESUME_SESSION=$resume_session
    [ -z "$resume_session" ] || [ -z "$fork_session" ] || export MICROVM_FORK_SESSION=$fork_session
    export MICROVM_KEY_VARIABLE=$key_variable MICROVM_STATE=$state MICROVM_WORKSPACE=$workspace
    become_claude
  ) </dev/null >>"$stream" 2>>"$stderr_log" &
  child=$!
  load_helpers
}

# run_shell [NIX_ARGUMENT...]: Claude, which may be loaded already, to its end; sets `code`.
run_shell() {
  local idle= feed
  [ -n "$loaded" ] || start_shell "$@"
  loaded=
  feed_claude 8<&- 9>&- &
  feed=$!
  # Whoever else held them would keep Claude from the end of its input, and from its first line.
  exec 5>&- 6>&- 7<&-
  show_preparing 8<&- 9>&- &
  helpers+=("$feed" "$progress" "$!")
  [ ! -e "$private/ended-idle" ] || rm -f "$private/ended-idle"
  if [ -n "$idle_seconds" ]; then
    [ -n "$hears_idle" ] || load_idle
    end_idle 9>&- &
    idle=$!
    helpers+=("$idle")
  fi
  exec 8<&-
  read_stream
  wait "$child"
  code=$?
  wait "$progress"
  kill "$feed" 2>/dev/null
  wait "$feed" 2>/dev/null
  rm -f "$workspace/agent-waits"
  [ -z "$idle" ] || kill "$idle" 2>/dev/null
  # The answer was there before: how Claude took its end says nothing of it.
  [ ! -e "$private/ended-idle" ] || code=0
  # What Claude left running must not change the clone any more.
  stop_child
  child=
}

# ---- the check of the repository's policy ----------------------------------------------------------------------------

# copy_clone FOLDER: into a folder that is not there yet, as the guest's user.
copy_clone() {
  mkdir -m 700 "$1" || return
  ! is_root || chown 1000:1000 "$1" || return
  (as_user cp -a "$repo/." "$1")
}

# Runs the command in the development shell, to its end or that of its time; sets `check_code` and `check_late`, and leaves the end of its output
# in $private/check-output.
# In a copy of the clone that is mounted in its place: what the check leaves behind is no work of the task. The user makes the copy, since
# on a Mac's share every file belongs to whoever looks: a copy that root made would be root's, and the check could not write in it.
run_check() {
  local copy=${MICROVM_CHECK_FOLDER:-/var/tmp/microvm-check} isolate=() limit=() began=$SECONDS command=("$BASH" -c "$check_command")
  say 'running the check'
  check_late=
  [ -z "$check_seconds" ] || limit=(timeout --kill-after=10 "$check_seconds")
  rm -rf "$copy" "$copy.log"
  if ! copy_clone "$copy" 2>"$private/check-output"; then
    check_code=126
    return
  fi
  if [ -n "$container" ]; then
    # It sees what was mounted before it starts, and nothing later.
    stop_container
    ! is_root || mount --bind "$copy" "$repo"
    resume_container
    command=(sh -c 'if command -v bash >/dev/null; then exec bash -c "$1"; else exec sh -c "$1"; fi' check "$check_command")
  elif is_root; then
    isolate=(unshare --mount "$BASH" -c 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' isolate "$copy" "$repo"
      setpriv --reuid 1000 --regid 1000 --init-groups --)
  fi
  (
    cd "$copy" || exit 126
    user_environment
    if [ -n "$container" ]; then
      as_user setsid ${limit[@]+"${limit[@]}"} "${shell[@]}" "${command[@]}"
    else
      unset MICROVM_STATE MICROVM_WORKSPACE MICROVM_SAME_USER
      exec setsid ${limit[@]+"${limit[@]}"} ${isolate[@]+"${isolate[@]}"} ${shell[@]+"${shell[@]}"} "${command[@]}"
    fi
  ) </dev/null >"$copy.log" 2>&1 &
  child=$!
  wait "$child"
  check_code=$?
  stop_child
  child=
  [ -z "$container" ] || ! is_root || umount "$repo"
  # What `timeout` says of a command that it ended, and a command may say too.
  [[ -z $check_seconds || ! $check_code =~ ^(124|137)$ || $((SECONDS - began)) -lt $check_seconds ]] || check_late=yes
  tail -c 65536 "$copy.log" >"$private/check-output"
  rm -rf "$copy" "$copy.log"
  say "the check ended with exit status $check_code"
}

# The shell of the check is that of the flake as Claude left it.
check_shell() {
  case $environment in
    plain | devcontainer | given) ;;
    *)
      show_flake
      choose_shell
      ;;
  esac
}

# The check alone, of a clone in which nobody works: what comes onto the branch.
check_alone() {
  choose_shell
  run_check
  if [ "$check_code" != 0 ] && [ -z "$container" ] && [ "$environment" != plain ] && grep -q 'does not provide attribute' "$private/check-output" && can_run_x86; then
    say 'no development shell for this system, trying x86_64-linux'
    choose_shell --system x86_64-linux
    run_check
  fi
  write_result true '' 0
}

# ---- a session that goes on later ----------------------------------------------------------------------------------

# The guest's own disk is new at each start, so what Claude remembers of its session waits in the share.
keep_session() {
  [ -d "$user_home/.claude/projects" ] || return 0
  rm -rf "$workspace/.session.new"
  cp -R "$user_home/.claude/projects" "$workspace/.session.new" && rm -rf "$workspace/session" &&
    mv "$workspace/.session.new" "$workspace/session"
  rm -rf "$workspace/.session.new"
}

# The copy of a session in which the work goes on may be there already: then it goes on in that.
choose_session() {
  if [ -n "$fork_session" ] && [ -n "$(find "$workspace/session" -name "$fork_session.jsonl" -print -quit 2>/dev/null)" ]; then
    session=$fork_session fork_session=
  fi
}

# restore_session SESSION: sets `resume_session`, and `transcript` to the file of it; fails where what Claude remembers of it is gone.
restore_session() {
  local remembered
  [[ $1 =~ ^[0-9a-f-]{36}$ ]] || return
  remembered=$(find "$workspace/session" -name "$1.jsonl" -print -quit 2>/dev/null)
  [ -n "$remembered" ] || { say 'the earlier session is gone, the task begins anew' && return 1; }
  mkdir -p "$user_home/.claude" && cp -R "$workspace/session" "$user_home/.claude/projects"
  [ -n "${MICROVM_SAME_USER-}" ] || chown -R 1000:1000 "$user_home/.claude"
  resume_session=$1 transcript=$remembered
  say 'resuming the earlier session'
}

# Of what Claude is told, with a blank line between it and what stands before.
begin_part() { printf '%s' "$between" && between=$'\n\n'; }

# tell_earlier: what earlier agents of the task were told and the session does not know, for it was lost with its machine. A text is in the file
# of its session by its id, from the moment at which Claude has read it (measured with 2.1.330).
tell_earlier() {
  local id text
  [ -f "$workspace/told.jsonl" ] || return 0
  while read -r id text; do
    [ -n "$transcript" ] && grep -qF "$id" "$transcript" && continue
    begin_part
    printf 'You were told this before, and may not remember it:\n\n'
    jq -j . <<<"$text"
  done < <(jq -Rr 'fromjson? | objects | select(.id | strings | test("^[0-9a-f-]{36}$")) | "\(.id) \(.text | tostring | tojson)"' "$workspace/told.jsonl")
}

# tell_claude SESSION: lays down what Claude is told. A task that goes on without its session hears also what it was told first, and finds the
# clone as it was left.
tell_claude() {
  local resumes='' transcript='' between=''
  ! restore_session "$1" || resumes=yes
  {
    [ -n "$resumes" ] || { begin_part && cat "$workspace/task.md"; }
    tell_earlier
    if [ -e "$workspace/continue.md" ]; then
      begin_part && cat "$workspace/continue.md"
    elif [ -n "$resumes" ]; then
      begin_part
      echo 'You were interrupted by a limit or an outage of the API. It is over: go on with your task where you left off.'
    fi
  } >"$private/task.md"
}

# In the clone of a task that goes on where another one ended, whose branch and name it has: it is this task's from now on.
take_over_clone() {
  git show-ref --quiet --verify "refs/heads/task-$2" || git branch -m "task-$1" "task-$2" || git branch "task-$2"
  git config user.name "Claude Task ($2)"
  git config user.email "task-$2@microvm-orchestrator.invalid"
}

# In the clone: what was left uncommitted went onto the branch, and the clone does not have it as a commit. An operation of git that is under
# way is left alone, and so is a repository in the repository.
commit_leftovers() {
  local name
  for name in MERGE_HEAD rebase-merge rebase-apply CHERRY_PICK_HEAD REVERT_HEAD; do
    [ ! -e "$(git rev-parse --git-path "$name")" ] || return 0
  done
  git add --all || return
  if git diff --cached --raw | grep -q '^:[0-7]* 160000'; then
    git reset --quiet
  elif ! git diff --cached --quiet; then
    git -c commit.gpgSign=false -c core.hooksPath=/dev/null commit --quiet --no-verify --message "$1"
  fi
}

# Rosetta, where the hypervisor gives it, registers itself for x86_64 programs. Only a program shows whether it starts: on kernels from 6.13 on it
# does not before macOS 26.
can_run_x86() {
  local entry=${MICROVM_BINFMT:-/proc/sys/fs/binfmt_misc}/rosetta interpreter
  [ "$(uname -m)" = aarch64 ] && [ -r "$entry" ] || return
  interpreter=$(sed -n 's/^interpreter //p' "$entry")
  write_x86_program "$private/x86-program" && "$interpreter" "$private/x86-program" >"$private/rosetta-said" 2>&1 && return
  say "Rosetta does not start here: $(head -c 300 "$private/rosetta-said" | tr -c '[:print:]' ' ')"
  return 1
}

# The smallest program for x86_64 that ends with 0: the header of an ELF file, one segment, exit(0).
write_x86_program() {
  {
    printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0\170\0\100\0\0\0\0\0\100\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
    printf '\0\0\0\0\100\0\70\0\1\0\0\0\0\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0\100\0\0\0\0\0'
    printf '\201\0\0\0\0\0\0\0\201\0\0\0\0\0\0\0\0\20\0\0\0\0\0\0\61\377\270\74\0\0\0\17\5'
  } >"$1" && chmod 755 "$1"
}

# What a task that came to no Claude has failed at.
starter() {
  case $environment in
    plain) echo Claude ;;
    devcontainer) echo 'A command in the dev container' ;;
    *) echo nix develop ;;
  esac
}

# ---- what became of it ---------------------------------------------------------------------------------------------

last_lines() { tail -n 8 "$stderr_log" 2>/dev/null | tail -c 3000; }

# Sets `error` to why the run failed, to nothing when it did not, and fills $private/summary. The last result's `is_error` counts,
# because its `subtype` says success even where the API refused. Success with no turn of the model is one of a command of Claude's own.
judge() {
  local found= summary= interrupted=
  error=
  [ ! -e "$private/interrupted" ] || interrupted=yes
  tail -n 100 "$stream" 2>/dev/null | jq -Rnj --arg code "$code" --arg interrupted "$interrupted" '
    reduce (inputs | fromjson? | objects) as $line ({};
      if $line.subtype == "microvm_resumed" then {}
      elif $line.type == "result" then .last = $line | .turned = (.turned or ($line.num_turns // 1) != 0)
      elif $line.type == "assistant" and $line.message.model? != "<synthetic>" then .turned = true
      else . end) |
    .turned as $turned | .last | select(. != null) |
    (.result // "" | tostring | gsub("\u0000"; "")) as $text |
    "found", $text, (
      if .subtype == "error_during_execution" and $interrupted != "" then "Claude was interrupted, and was told nothing more"
      elif .api_error_status then "Claude failed: the API answered \(.api_error_status). \($text)"
      elif .is_error then "Claude failed: \(if $text == "" then .subtype else $text end)"
      elif (.subtype // "success") != "success" then "Claude stopped early: \(.subtype)"
      elif $turned | not then "Claude ended without asking the model, as if the text were no task. \($text)"
      elif $code != "0" then "Claude ended with exit status \($code)"
      else "" end) |
    ., "\u0000"' >"$private/judged" 2>/dev/null
  {
    IFS= read -r -d '' found
    IFS= read -r -d '' summary
    IFS= read -r -d '' error
  } <"$private/judged"
  printf '%s' "$summary" >"$private/summary"
  [ -z "$found" ] || return
  error="Claude ended without a result (exit status $code)"
  [ "$code" -gt 128 ] && error+=$'\n'"It was ended by signal $((code - 128)); 9 often means that memory ran out."
  error+=$'\n'"$(last_lines)"
}

# Of the environment file, what is for us. It may be read twice: what it does not say is unset.
read_settings() {
  local key_name=
  given=()
  [ ! -e "$workspace/environment" ] || mapfile -d '' given <"$workspace/environment"
  setting MICROVM_NETWORK network
  [ "$network" = closed ] || network=open
  setting MICROVM_KEY_VARIABLE key_name
  key_variable=ANTHROPIC_API_KEY
  [[ ! $key_name =~ ^[A-Z_][A-Z_0-9]*$ ]] || key_variable=$key_name
  setting MICROVM_MAX_BUDGET_USD max_budget_usd
  [[ $max_budget_usd =~ ^[0-9]+(\.[0-9]+)?$ ]] || max_budget_usd=
  setting MICROVM_CHECK check_command
  setting MICROVM_CHECK_SECONDS check_seconds
  [[ $check_seconds =~ ^[0-9]{1,7}$ ]] || check_seconds=
  setting MICROVM_CHECK_ONLY check_only
  setting MICROVM_IDLE_BACKGROUND_SECONDS idle_seconds
  [[ $idle_seconds =~ ^[0-9]{1,7}$ ]] || idle_seconds=
  setting MICROVM_WIP_SUBJECT wip_subject
  setting MICROVM_RESUME_SESSION session
  setting MICROVM_FORK_SESSION fork_session
  [[ $fork_session =~ ^[0-9a-f-]{36}$ ]] || fork_session=
  setting MICROVM_FORK_OF fork_of
  setting MICROVM_TASK_ID task_id
  setting MICROVM_PROMPT_ID prompt_id
  [[ $prompt_id =~ ^[0-9a-f-]{36}$ ]] || prompt_id=
  setting MICROVM_HOLD_SECONDS hold_seconds
  [[ $hold_seconds =~ ^[0-9]{1,7}$ ]] || hold_seconds=
  setting MICROVM_ENVIRONMENT environment
}

# What there has to be before anything of the repository runs; sets `error` where it cannot be had.
prepare_work() {
  take_claude_files || { error="What comes along of the user's Claude Code could not be laid down in the guest" && return 1; }
  [ -n "${MICROVM_SAME_USER-}" ] || chown -R 1000:1000 "$private"
  : >"$stderr_log"
  prepare_git
  prepare_tools || { error="The settings by which tools find the user's registries could not be written in the guest" && return 1; }
  [[ ! $fork_of$task_id =~ ^[0-9a-f]{16}$ ]] ||
    (cd "$repo" && user_environment && as_user "$BASH" -c "$(declare -f take_over_clone)"$'\ntake_over_clone "$@"' fork "$fork_of" "$task_id") ||
    say 'the clone keeps the name of the task that it was copied from'
  [ -z "$wip_subject" ] ||
    (cd "$repo" && user_environment && as_user "$BASH" -c "$(declare -f commit_leftovers)"$'\ncommit_leftovers "$1"' leftovers "$wip_subject") ||
    say 'what was left uncommitted could not be committed'
  # What the stream holds before this line is an earlier run's.
  [ ! -s "$stream" ] || echo '{"type":"system","subtype":"microvm_resumed"}' >>"$stream"
  [ ! -e "$state/trouble" ] || { error=$(<"$state/trouble") && return 1; }
  [ "$network" = closed ] || wait_for_network || { error='Network is not ready: the guest has no route or no name server' && return 1; }
  give_back_files >/dev/null &
  helpers+=($!)
}

# What the task works in; sets `error` where it cannot be had.
enter_environment() {
  case $environment in
    plain) say "working with the guest's own tools" ;;
    devcontainer)
      setting MICROVM_DEV_CONTAINER_FILE dev_container
      start_container "$dev_container" || return
      ;;
    given)
      take_environment || { error='The flake that the host gave could not be laid down in the guest' && return 1; }
      say 'entering the development shell of the flake that the host gave'
      ;;
    *)
      show_flake
      say 'entering the development shell'
      ;;
  esac
}

main() {
  local uptime error
  trap finish EXIT
  trap 'stop_reason="The machine was asked to power off"; exit 143' TERM INT HUP
  [ ! -e "$workspace/standby" ] || wait_for_task
  read -r uptime _ </proc/uptime
  say "runner started up=$uptime"
  if ! [ -e "$workspace/task.md" ]; then
    say 'the share is not mounted or holds no task'
    exit 1
  fi
  : >"$workspace/started"
  [ -d "$private" ] || mkdir -p -m 700 "$private"
  [ -n "$loaded" ] || take_key
  read_settings
  if [ -n "$loaded" ]; then
    use_loaded
  else
    choose_session
    tell_claude "$session"
    prepare_work || fail "$error"
    # The host does not count this time; Claude's input takes the file away once Claude begins.
    [ "$environment" = plain ] || : >"$workspace/preparing"
    enter_environment || fail "$error"
  fi
  if [ -n "$check_only" ]; then
    rm -f "$workspace/preparing"
    check_alone
    return
  fi
  run_shell
  if [ ! -e "$private/claude-started" ] && can_run_x86 && grep -q 'does not provide attribute' "$stderr_log"; then
    say 'no development shell for this system, trying x86_64-linux'
    run_shell --system x86_64-linux
  fi
  # Beside what follows: a host whose disk is busy has written most of it by the time that the last act waits for that.
  sync -f "$workspace" "$repo" 2>/dev/null &
  helpers+=("$!")
  [ -e "$private/claude-started" ] || fail "$(starter) failed (exit status $code)"$'\n'"$(last_lines)" "$code"
  judge
  keep_session
  if [ -z "$error" ]; then
    if [ -n "$check_command" ]; then
      check_shell
      run_check
    fi
    write_result true '' "$code"
  else
    write_result false "$error" "$code"
  fi
}

main
