# What the user says to the agent while it works; sourced by the task runner, and run beside Claude. Whatever Claude reads comes through its
# standard input as lines of JSON: first its task, then what the host writes into messages.jsonl.
#
# The host replaces that file as a whole. Its first line is new each time; each line after it is a message that the agent has not read yet, as
# far as the host knows, so one may be there that was handed over already: it is known by its id, which is also its id for Claude. Claude's
# stream tells what it has read.

# Claude's standard input, until its turns are over, nothing waits, and it is to wait for nothing more.
feed_claude() {
  local input=$private/input messages=$workspace/messages.jsonl closed=$workspace/inbox-closed
  local interrupted_seconds=${MICROVM_INTERRUPTED_SECONDS:-1800} task=$prompt_id revision='' word id
  # Those that Claude was given, and of these the ones that it has not come to the end of.
  local -A given_over=() open=()
  local ended='' ended_at=0 interrupted='' finishing='' waits=''
  [ ! -e "$closed" ] || rm -f "$closed"
  exec 5<>"$input"
  [ -n "$task" ] || read -r task </proc/sys/kernel/random/uuid
  open[$task]=yes
  { printf '%s\n' "$task" && cat "$text" 5>&-; } >&6
  exec 6>&-
  while :; do
    [ ! -e "$private/claude-started" ] || [ ! -e "$workspace/preparing" ] || rm -f "$workspace/preparing"
    hand_over
    if may_close; then
      wait_no_more
      # In this order: whatever was written before the host could see that it is too late is handed over.
      : >"$closed"
      hand_over || break
      rm -f "$closed"
    fi
    word=
    read -r -t 1 word id
    case $?:$word in
      1:) break ;;
      *:works) ended='' && wait_no_more ;;
      *:read)
        ended='' && wait_no_more
        [ -z "$interrupted" ] || { interrupted='' && rm -f "$private/interrupted"; }
        ;;
      *:done) unset "open[$id]" ;;
      *:interrupted) unset "open[$id]" && interrupted=yes ;;
      *:result | *:stopped | *:failed) ended=$word ended_at=$SECONDS ;;
    esac
  done <&7
  wait_no_more
  : >"$closed"
  exec 5>&-
}

# What Claude is told first as a line of its input, out of an id, the end of a line, and a text. A text that begins with / would be a command of Claude
# Code's own, one of its skills, or one that the repository brings; a space before it makes it a text, and nothing else does (measured
# with 2.1.330, on standard input as in stream-json).
first_message() {
  jq -Rsc 'index("\n") as $at | select($at) | .[$at + 1:] as $text | {
    type: "user", uuid: .[:$at],
    message: { role: "user", content: ((if $text | startswith("/") then " " else "" end) + $text) }
  }'
}

# What the stream says of messages and turns, one word a line.
receipts() {
  jq -Rr --unbuffered '
    fromjson? | objects |
    if .type == "command_lifecycle" then
      (.command_uuid | strings | select(test("^[0-9a-f-]{36}$"))) as $id |
      if .state == "started" then "read \($id)" elif .state == "queued" then empty else "done \($id)" end
    elif .type == "control_response" then "interrupted \(.response.request_id | strings | select(test("^[0-9a-f-]{36}$")))"
    elif .type == "result" then 
      if .subtype == "error_during_execution" then "stopped" elif .is_error == true then "failed" else "result" end
    elif .type == "assistant" or (.type == "system" and .subtype == "init") then "works"
    else empty end'
}

# Gives Claude what is new in the file; fails where nothing is.
hand_over() {
  local now id line found=1
  [ -f "$messages" ] && [ ! -L "$messages" ] && read -r now <"$messages" && [ "$now" != "$revision" ] || return 1
  revision=$now
  while read -r id line; do
    [ -z "${given_over[$id]-}" ] || continue
    given_over[$id]=yes
    [ "$line" != finish ] || { finishing=yes && continue; }
    open[$id]=yes found=0
    # An interrupt begins no turn: where none is under way, no end of one would follow. A text does, and the host must see no wait behind it.
    [[ $line == '{"type":"control_request"'* ]] || { ended='' && wait_no_more; }
    printf '%s\n' "$line" >&5
    say "a message for claude: $id"
  done < <(head -c 67108864 "$messages" | to_claude 5>&-)
  return "$found"
}

# Our lines as Claude Code takes them. One that begins with / would be a command of its own, see first_message.
to_claude() {
  jq -Rr '
    fromjson? | objects | select(.id | strings | test("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")) |
    if .kind == "interrupt" then
      "\(.id) \({ type: "control_request", request_id: .id, request: { subtype: "interrupt" } } | tojson)"
    elif .kind == "finish" then "\(.id) finish"
    elif .kind == "text" and (.text | type) == "string" then
      ({ next: "next", after: "later", now: "now" }[.when | tostring] // "next") as $priority |
      (if .text | startswith("/") then " " + .text else .text end) as $text |
      "\(.id) \({ type: "user", uuid: .id, priority: $priority, message: { role: "user", content: $text } } | tojson)"
    else empty end'
}

# Whether Claude has come to the end of all that it was given. One that does not say so of each message (another version of Claude Code) is
# given some seconds to begin a further turn. An agent that was interrupted waits for what the user says next, and so does one that has done its
# part where its task is to wait; one that failed does not.
may_close() {
  local seconds
  [ -n "$ended" ] || return 1
  if [ -n "$interrupted" ] && [ "$ended" = stopped ]; then
    : >"$private/interrupted"
    seconds=${hold_seconds:-$interrupted_seconds}
  else
    [ "${#open[@]}" = 0 ] || [ "$((SECONDS - ended_at))" -ge 5 ] || return 1
    seconds=$hold_seconds
    [ "$ended" = result ] || seconds=
  fi
  [ -n "$seconds" ] && [ -z "$finishing" ] || return 0
  begin_wait
  [ "$((SECONDS - ended_at))" -ge "$seconds" ]
}

# Claude has nothing to do: the host is told, with what Claude said last, and what it remembers is kept.
begin_wait() {
  [ -z "$waits" ] || return 0
  waits=yes
  say 'waiting for a message'
  keep_session
  : >"$private/waits"
  tail -n 100 "$stream" | jq -Rnj '
    reduce (inputs | fromjson? | objects | select(.type == "result")) as $line (null; $line.result) |
    (. // "" | tostring)[0:16000]' >"$workspace/.agent-waits" 2>/dev/null
  mv -f "$workspace/.agent-waits" "$workspace/agent-waits"
}

wait_no_more() {
  [ -n "$waits" ] || return 0
  waits=
  rm -f "$private/waits" "$workspace/agent-waits"
}
