import { successJson } from '../orchestrator.ts'

/**
 * A guest that does as the runner: what the task's text says, as a command in the clone, committed; then the check that the host names, whose end it
 * tells. In a machine that is there for the check alone it does that alone. `before` runs ahead of a check in such a machine.
 */
export const guestThatChecks = (before = ''): string => `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
given() { tr '\\0' '\\n' <$SHARE/environment | sed -n "s/^$1=//p"; }
if [ -z "$(given MICROVM_CHECK_ONLY)" ]; then
  bash -c "$(cat $SHARE/task.md)"
  git add -A
  git commit -q -m "$(cat $SHARE/task.md)"
else
  :
  ${before}
fi
code=0
output=$(bash -c "$(given MICROVM_CHECK)" 2>&1) || code=$?
echo '${successJson}' | jq --arg code "$code" --arg output "$output" '. + { check: { exit_code: ($code | tonumber), output: $output } }' >$SHARE/result.new
mv $SHARE/result.new $SHARE/result.json
`
