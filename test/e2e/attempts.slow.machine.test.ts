import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type Script, say } from '../support/claude/scripted-turn.ts'
import { runCommand } from '../support/command-line.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { commitFiles, gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'

const check = 'test -e answer.txt && cat answer.txt'
const models = ['opus', 'sonnet', 'haiku']

/** Each attempt is another one: the second to begin has nothing for the check. The judge takes the one that says it is good, by its diff. */
function attemptsAndJudge(): Script {
  const answers = ['echo poor >answer.txt', 'echo nothing >other.txt', 'echo good >answer.txt']
  let begun = 0
  return ({ turn, texts, results }) => {
    const judged = [...texts.join('\n').matchAll(/^- attempt (\d): git diff ([0-9a-f]{40}) ([0-9a-f]{40})/gm)]
    if (judged.length === 0) {
      if (turn > 0) return say('Done')
      const answer = answers[begun % answers.length]
      begun += 1
      return bash(`${answer} && git add . && git commit -qm 'An answer'`)
    }
    const next = judged[turn]
    if (next) return bash(`git diff ${next[2]} ${next[3]}`)
    const best = judged.find((_, index) => results[index]?.text.includes('+good'))
    return say(`One of them is good, the other one is poor.\nCHOICE: ${best?.[1]}`)
  }
}

/** Five machines: three attempts at once, their judge, and the check of what it chose. */
const limitMs = 45 * 60_000

test(
  'of three attempts a judge reads those that passed their check and chooses one, which lands as it was checked on the branch that moved',
  async () => {
    await using api = await startScriptedApi({ scripts: { answer: attemptsAndJudge() } })
    const orchestra = await startOrchestra({
      ...{ apiUrl: api.url, flake: null, repositories: { project: { 'README.md': 'A project\n' } } },
    })
    const { client, command } = orchestra
    const repo = orchestra.pathOf('project')
    const allowed = await command('allow', repo, '--environment', 'plain', '--check', check)
    expect(allowed, allowed.stderr).toMatchObject({ exitCode: 0 })
    const { attempts = [] } = await client.call('run_task', {
      ...{ repo: 'project', description: 'Answer. [script: answer]', attempts: 3, models, judge: true },
    })
    expect(attempts).toHaveLength(3)
    for (const id of attempts) await orchestra.until(id, 'finished')
    const users = await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
    // Its end is announced once its choice has landed.
    const judge = async () => (await orchestra.tasks.list()).find(({ judges }) => judges !== undefined)
    const isAnnounced = async (id?: TaskId) => id && (await orchestra.tasks.get(id)).announcedSeq !== null
    while (!(await isAnnounced((await judge())?.id))) await sleep(200)

    const views = await Promise.all(attempts.map((task_id) => client.call('get_task_info', { task_id })))
    const outcomes = views.map(({ merge_result }) => (merge_result?.merged ? 'merged' : merge_result?.reason))
    expect(outcomes.toSorted()).toEqual(['check_failed', 'merged', 'not_chosen'])
    const chosen = views[outcomes.indexOf('merged')]
    const other = views[outcomes.indexOf('not_chosen')]
    expect(await gitIn(repo, ['show', 'main:answer.txt'])).toBe('good')
    expect(await subjectsOf(repo, 'main')).toEqual(['An answer', 'By the user', expect.any(String)])
    const tip = await gitIn(repo, ['rev-parse', 'main'])
    expect(chosen?.merge_result).toMatchObject({
      ...{ method: 'rebase', check: { exit_code: 0, command: check, commit: tip, output: 'good\n' } },
    })
    // What each of them took and came to is told beside the others.
    expect(views[0]?.attempts).toMatchObject(
      attempts.map((task_id, index) => ({
        ...{ task_id, number: index + 1, model: models[index], status: 'completed', cost_usd: expect.any(Number) },
        ...{ check_exit_code: outcomes[index] === 'check_failed' ? 1 : 0, files_changed: 1 },
        chosen: task_id === chosen?.task_id,
      })),
    )
    expect(new Set(api.requests.map(({ model }) => model)).size).toBeGreaterThanOrEqual(3)
    const left = await gitIn(repo, ['rev-parse', `refs/tasks/${other?.task_id}`])
    expect(await gitIn(repo, ['rev-parse', `refs/tasks/${chosen?.task_id}.also/${left}`])).toBe(left)
    expect(await statusOf(repo)).toBe('')
    expect((await client.call('list_slots', {})).active).toEqual([])

    // The statement is written after the merge, by whoever watches the tasks.
    const verify = () => runCommand(['verify', tip], { home: orchestra.home, cwd: repo })
    await expect.poll(async () => (await verify()).exitCode, { timeout: 60_000 }).toBe(0)
    const { stdout } = await verify()
    const image = /^ {2}guest image: ([0-9a-f]{20})$/m.exec(stdout)?.[1]
    expect(stdout).toContain(`from ${users}`)
    expect(stdout).toContain(
      `the host's check machine reported of what landed: [0] ${check} (guest image ${image})\n` +
        `  the agent's machine reported of its check: [0] ${check}\n` +
        "  the agent's program reported these commands:\n    [0] echo good >answer.txt && git add . && git commit -qm 'An answer'\n",
    )
  },
  limitMs,
)
