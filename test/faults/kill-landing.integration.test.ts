import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findDetached } from '../../main/lib/processes/find-processes.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import type { Doom } from '../support/faults/doomed-orchestrator.ts'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/faults/doomed-orchestrator.ts')

/** Its agent's work is green where it was made. While it works the user commits, so that it is checked again; that check needs both. */
const guestWhileUserCommits = (repo: string) => `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
if grep -qz '^MICROVM_CHECK_ONLY=yes$' $SHARE/environment; then
  test -e greeting.txt && test -e users.txt
else
  echo hello >greeting.txt
  git add -A
  git commit -q -m 'Add greeting.txt'
  if [ ! -e '${repo}/users.txt' ]; then
    echo mine >'${repo}/users.txt'
    git -C '${repo}' add users.txt
    git -C '${repo}' -c user.name=U -c user.email=u@example.com commit -q -m 'By the user'
  fi
fi
echo '${successJson.replace(/}$/, ',"check":{"exit_code":0,"output":"fine"}}')}' >$SHARE/result.json
`

/** Kills the orchestrator at the point, starts another one, and sees the task end. */
async function killAndRestart(doom: Doom) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await registerRepository(join(root, 'home'), { path: repo, check: 'npm test', landing: 'train' })
  const guest = guestWhileUserCommits(repo)
  const killed = await run(process.execPath, [program, JSON.stringify({ root, guest }), JSON.stringify(doom)])
  expect(killed, killed.stdout + killed.stderr).toMatchObject({ signal: 'SIGKILL' })
  await using second = await startOrchestrator({ root, guest })
  const [task] = await second.orchestrator.list()
  if (!task) throw new Error('the task is gone')
  const { merge } = await untilEnded(second.orchestrator, task.id)
  await expect.poll(() => second.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toEqual([])
  expect(await findDetached(root)).toEqual([])
  expect(second.events.read(0).map(({ type }) => type)).toEqual(['completed'])
  expect(await subjectsOf(repo)).toEqual(['Add greeting.txt', 'By the user', expect.any(String)])
  expect(await gitIn(repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
  expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])).toBe('')
  return merge
}

const afterRead = (command: number): Doom => ({ command, after: 'result-read' })

/** With `KILL_POINTS=all` at each of the orchestrator's own commands between the work's arrival and its landing. */
const own = process.env.KILL_POINTS === 'all' ? Array.from({ length: 16 }, (_, index) => index + 1) : [4]

const points: readonly (readonly [string, Doom])[] = [
  ...own.map((command) => [`at its command ${command} on the way to the branch`, afterRead(command)] as const),
  ['when that is done and not told', { job: 'prepare-landing', command: 'end', dies: 'orchestrator' }],
  ['in the middle of that', { job: 'land-prepared', command: 4, dies: 'orchestrator' }],
  ['once the branch has moved and no one knows', { job: 'land-prepared', command: 'end', dies: 'both' }],
  ['before the merge is on record', { when: 'before', event: 'merge-tried' }],
]

describe('SIGKILL of the orchestrator while work is checked as it would be on its branch', () => {
  test.each(points)('%s: it lands once, checked', async (_point, doom) => {
    expect(await killAndRestart(doom)).toMatchObject({
      ...{ kind: 'merged', method: 'rebase', commits: 1 },
      check: { command: 'npm test', exitCode: 0, output: 'fine' },
    })
  })
})
