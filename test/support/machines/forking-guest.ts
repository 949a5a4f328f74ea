import { successJson } from '../orchestrator.ts'

/** The session of a task that is no fork. */
export const firstSession = '42d1ebe2-975d-4685-aba3-9787793c0ad4'

/**
 * Does as the runner and Claude Code do with sessions: the first one is kept, a fork copies it, and a session costs half a dollar for each text from
 * its beginning. What it was told comes into a file of that name as a commit, after what `before` does with $TOLD; ends as failed where that
 * leaves a file `failed` in the share.
 */
export const guestThatForks = (before = ''): string =>
  `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key $SHARE/failed
cd $REPO
given() { tr '\\0' '\\n' <$SHARE/environment | sed -n "s/^MICROVM_$1=//p"; }
TOLD=$(cat $SHARE/continue.md 2>/dev/null || cat $SHARE/task.md)
mkdir -p $SHARE/session/p
session=$(given RESUME_SESSION)
copy=$(given FORK_SESSION)
if [ -n "$copy" ]; then cp $SHARE/session/p/$session.jsonl $SHARE/session/p/$copy.jsonl; session=$copy; fi
[ -n "$session" ] || session=${firstSession}
echo "$TOLD" >> $SHARE/session/p/$session.jsonl
wip=$(given WIP_SUBJECT)
if [ -n "$wip" ]; then git add -A; git commit -q -m "$wip"; fi
${before}
echo "$TOLD" > "$TOLD.txt"; git add "$TOLD.txt"; git commit -q -m "Add $TOLD"
cost=$(awk 'END { print NR / 2 }' $SHARE/session/p/$session.jsonl)
echo '{"type":"result","is_error":false,"session_id":"'$session'","total_cost_usd":'$cost',"num_turns":1,"usage":{"input_tokens":100,"output_tokens":20}}' >> $SHARE/claude-stream.jsonl
result='${successJson}'
[ ! -e $SHARE/failed ] || result=$(echo "$result" | sed 's/true/false/; s/null/"It gave up"/')
echo "$result" > $SHARE/result.json
`.replaceAll('\\\\', '\\')
