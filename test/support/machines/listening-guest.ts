import { successJson } from '../orchestrator.ts'

const lifecycle = (state: string) =>
  `printf '{"type":"command_lifecycle","command_uuid":"%s","state":"${state}"}\\n' "$id" >>$SHARE/claude-stream.jsonl`

/**
 * A guest that reads messages as the runner does, each id once, until there is `enough` in its share: what it heard is in `heard`, one id a
 * line, and its receipts are in its stream. `eachTime` runs for each message, `$id`, before its receipt.
 */
export const guestThatListens = (
  eachTime = '',
  end = `echo '${successJson}' >$SHARE/result.json`,
  quiet = ':',
): string => `
touch $SHARE/started $SHARE/heard
rm -f $SHARE/.api-key
cd $REPO
hear() {
  for id in $([ ! -e $SHARE/messages.jsonl ] || sed 1d $SHARE/messages.jsonl | jq -r 'select(.kind != "finish") | .id'); do
    if grep -q "$id" $SHARE/heard; then continue; fi
    echo "$id" >>$SHARE/heard
    ${eachTime}
    ${lifecycle('started')}
    ${lifecycle('completed')}
  done
  ${quiet}
}
until [ -e $SHARE/enough ]; do hear; sleep 0.02; done
hear
echo done >done.txt && git add -A && git commit -q -m 'Add done'
${end}
`

/** One that waits for more, and says so, whenever it has read all there is. */
export const guestThatHolds = (): string =>
  guestThatListens(
    'rm -f $SHARE/agent-waits',
    `rm -f $SHARE/agent-waits; echo '${successJson}' >$SHARE/result.json`,
    '[ -e $SHARE/agent-waits ] || { echo Ready. >$SHARE/.waits; mv $SHARE/.waits $SHARE/agent-waits; }',
  )
