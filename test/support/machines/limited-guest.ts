import { resumedLine } from '../../../main/worker/result-lines.ts'
import { successJson } from '../orchestrator.ts'

/** Claude's session, as the guest tells it. */
export const limitedSession = '42d1ebe2-975d-4685-aba3-9787793c0ad4'
const failureJson = successJson.replace('true', 'false').replace('null', '"The API answered 429"')
const end = (sessionId: string, costUsd: number) =>
  JSON.stringify({
    ...{ type: 'result', is_error: true, api_error: 'usage_limit_reached', session_id: sessionId },
    ...{ total_cost_usd: costUsd, num_turns: 2, usage: { input_tokens: 100, output_tokens: 20 } },
  })

/** Runs into a limit that ends so many seconds from now, unless it was told to go on: then it commits what it finds. */
export const guestWithLimit = (resetsInSeconds: number, { sessionId = limitedSession, mischief = '' } = {}) => `
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
if grep -qz '^MICROVM_RESUME_SESSION=' $SHARE/environment; then
  tr '\\0' '\\n' <$SHARE/environment | grep RESUME >resumed.txt
  git add -A && git commit -q -m 'Both halves'
  echo '${resumedLine}' >>$SHARE/claude-stream.jsonl
  echo '${end(limitedSession, 0.75).replace('"is_error":true', '"is_error":false')}' >>$SHARE/claude-stream.jsonl
  echo '${successJson}' >$SHARE/result.json
  exit
fi
echo first > first.txt
resets=$(($(date +%s) + ${resetsInSeconds}))
echo '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":'$resets'}}' >$SHARE/claude-stream.jsonl
echo '${end(sessionId, 0.5)}' >>$SHARE/claude-stream.jsonl
echo '${failureJson}' >$SHARE/result.json
${mischief}
`
