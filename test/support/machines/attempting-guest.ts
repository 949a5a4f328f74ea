import { successJson } from '../orchestrator.ts'

/**
 * An agent that adds a file with its model's name; the one of `bad` fails its check. As a judge it does `looks`, answers with the choice, and then does
 * `then`. Both are commands of bash, in the clone.
 */
export const guestThatAttempts = (choice: string, { looks = '', then = 'exit' } = {}): string => `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
if grep -q '^The attempts:' $SHARE/task.md; then
  ${looks}
  echo '${successJson.replace('Done.', `They differ.\\nCHOICE: ${choice}`)}' >$SHARE/result.json
  ${then}
fi
model=$(tr '\\0' '\\n' <$SHARE/environment | sed -n 's/^ANTHROPIC_MODEL=//p')
echo "by $model" >greeting.txt
git add -A
git commit -q -m "By $model"
code=0
[ "$model" != bad ] || code=1
echo '${successJson.replace(/}$/, ',"check":{"exit_code":CODE,"output":"checked"}}')}' | sed "s/CODE/$code/" >$SHARE/result.json
`
