# A machine that was booted ahead of its task: it waits, and meanwhile Claude Code is loaded in what the task will work in; sourced by the task runner.
#
# The host decides what may be used. `load` in the share: clone and share hold all that the task will find, but what it is told. `unload`: that is
# no longer so; the guest goes back to what it was before, and says `waiting` again. `go`: the task is complete, and what is loaded fits.

# Something while Claude is loaded, or being loaded, for a task that has not come yet.
loaded=
# The process that has it rest.
rests=

# Loads what a task starts with, and what an emulated processor has to translate of it, while there is nothing else to do.
prime() {
  cd / && user_environment
  as_user setsid nice -n 19 "$BASH" -c 'claude --version; nix --version'
} </dev/null >/dev/null 2>&1

# Whatever the host says on the clock's line wakes us; what it wanted lies in the share. The order matters: it looks for `waiting` after
# it has put a file there, we look for that after `waiting`, so one of the two sees the other's.
wait_for_task() {
  mkfifo "$state/told"
  exec 3<>"$state/told"
  : >"$workspace/waiting"
  say 'booted ahead, waiting for a task'
  prime 3>&- &
  child=$!
  until [ -e "$workspace/go" ]; do
    if [ -e "$workspace/unload" ]; then
      unload_agent
    elif [ -e "$workspace/load" ]; then
      load_agent 3>&-
    else
      read -r _ <&3
    fi
  done
  if [ -z "$loaded" ]; then
    stop_child
    child=
  elif kill -0 "$child" 2>/dev/null; then
    wake_agent
  else
    say 'what was loaded ahead has ended'
    unload_agent
  fi
  # Gone before its reader is: nobody may open it and wait. An agent that is loaded has the key, and is not kept waiting for this.
  rm -f "$state/told" ${loaded:+"$workspace/.api-key"} 5>&- 6>&- &
  exec 3<&-
}

# Claude Code in its shell, waiting for the first line of its input. What cannot be made ready is made ready when the task comes, which then says why.
load_agent() {
  rm -f "$workspace/load"
  stop_child
  child=
  say 'loading Claude Code ahead of its task'
  if ! mkdir -m 700 "$state/home-before" || ! cp -ax "$user_home/." "$state/home-before"; then
    rm -rf "$state/home-before"
    return
  fi
  loaded=yes
  mkdir -p -m 700 "$private"
  take_key
  read_settings
  if ! prepare_work || ! enter_environment; then
    say "it cannot be loaded ahead: $error"
    unload_agent
    return
  fi
  start_shell
  rest_agent 6>&- &
  rests=$!
  helpers+=("$rests")
  # Its input stays open while it waits; the runner's own end is closed once the task is fed in.
  exec 5<>"$private/input"
}

# Once Claude has nothing more to load it is stopped, until its task comes: its timers alone would keep an emulated processor at work.
rest_agent() {
  local pid line fields before= now
  while sleep 5; do
    [ -s "$private/claude-pid" ] || continue
    read -r pid <"$private/claude-pid"
    read -r line <"/proc/$pid/stat" || return
    read -ra fields <<<"${line##*) }"
    # Hundredths of a second that it has worked.
    now=$((fields[11] + fields[12]))
    if [ -n "$before" ] && [ "$((now - before))" -lt 50 ]; then
      kill -STOP -- "-$child"
      return
    fi
    before=$now
  done
} 2>/dev/null

wake_agent() {
  kill "$rests"
  wait "$rests"
  kill -CONT -- "-$child"
} 2>/dev/null

# As if nothing had been loaded: the user has no process and no file of before.
unload_agent() {
  exec 5>&- 6>&-
  stop_child
  read_stream
  exec 7<&- 8<&-
  child=
  for helper in ${helpers[@]+"${helpers[@]}"}; do kill "$helper" 2>/dev/null; done
  helpers=()
  if is_root; then
    # All processes of a user are those that it may send a signal to.
    (as_user "$BASH" -c 'kill -KILL -1')
    find /tmp /dev/shm /run/user/1000 -xdev -mindepth 1 -user 1000 -delete
    umount -R /run/microvm-flake && rmdir /run/microvm-flake
  fi 2>/dev/null
  if [ -d "$state/home-before" ]; then
    # What other disks hold in there has another life.
    find "$user_home" -xdev -mindepth 1 -delete 2>/dev/null
    cp -a "$state/home-before/." "$user_home"
  fi
  rm -rf "$state/home-before" "$state/environment" "$private" "$stream" "$stderr_log"
  loaded=
  # The host may put another clone there: what is remembered of this one must not be taken for it.
  echo 2 2>/dev/null >"${MICROVM_DROP_CACHES:-/proc/sys/vm/drop_caches}"
  rm -f "$workspace/load" "$workspace/unload"
  : >"$workspace/waiting"
}

# The text of the task has come, and all else was there; the key, too, which Claude takes as it starts.
use_loaded() {
  say 'Claude Code was loaded ahead'
  text=$workspace/task.md
  loaded='' give_back_files >/dev/null 5>&- 6>&- &
  helpers+=($!)
  [ "$environment" = plain ] || [ -e "$private/claude-started" ] || : >"$workspace/preparing"
}
