import { resumedLine } from '../../../main/worker/result-lines.ts'
import { successJson } from '../orchestrator.ts'

/** Claude's session, as the guest tells it. */
export const keptSession = '42d1ebe2-975d-4685-aba3-9787793c0ad4'

const failureJson = successJson.replace('true', 'false').replace('null', '"It gave up"')

/** What the agent's stream ends with: the cost of the session so far, and the tokens and turns of this run. */
const end = (costUsd: string) =>
  `{"type":"result","is_error":false,"session_id":"${keptSession}","total_cost_usd":${costUsd},"num_turns":2,"usage":{"input_tokens":100,"output_tokens":20}}`

/**
 * Does in its first run `first` and in each later one `next`, with $TOLD for what it was told; ends as failed where that leaves a file `failed` in the
 * share. Each run costs half a dollar.
 */
export const guestWithMemory = (first: string, next: string): string => `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key $SHARE/failed
cd $REPO
echo run >> $SHARE/runs
cost=$(awk 'END { print NR / 2 }' $SHARE/runs)
if [ -e $SHARE/continue.md ]; then
  TOLD=$(cat $SHARE/continue.md)
  tr '\\0' '\\n' < $SHARE/environment | grep -E '^MICROVM_(RESUME|WIP|MAX)' > $SHARE/given || true
  echo '${resumedLine}' >> $SHARE/claude-stream.jsonl
  ${next}
else
  ${first}
fi
echo '${end("'$cost'")}' >> $SHARE/claude-stream.jsonl
if [ -e $SHARE/failed ]; then echo '${failureJson}'; else echo '${successJson}'; fi > $SHARE/result.json
`

/** A commit with that file. */
export const commits = (file: string, text = 'text'): string =>
  `echo "${text}" > ${file} && git add -A && git commit -q -m "Add ${file}"`
