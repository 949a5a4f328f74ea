import { cp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { bash, type History, say } from '../support/claude/scripted-turn.ts'
import { heard, steeredAgent } from '../support/machines/steered-agent.ts'
import { temporaryFolder } from '../support/temporary.ts'

const commit = (name: string) =>
  bash(`echo ${name} >${name} && git add ${name} && git commit -qm ${name} && echo draft >>draft`)

test('an agent is forked three ways: each remembers the first, works in a copy of its clone, and has a session of its own', async () => {
  const root = await temporaryFolder()
  const folder = join(root, 'guest')
  const share = join(folder, 'workspace')
  const repo = join(share, 'repo')
  const git = async (...args: string[]) => (await runOrThrow('git', args, { cwd: repo })).stdout.trim()
  const agent = async (script: (history: History) => ReturnType<typeof say>, environment: Record<string, string>) => {
    const world = await steeredAgent(script, { folder, environment })
    const { stdout } = await world.running
    const lines = (await world.read(join(share, 'claude-stream.jsonl')))
      .split('\n')
      .filter((line) => line.includes('"type":"result"'))
    return {
      ...{ stdout, result: await world.result() },
      last: JSON.parse(lines.at(-1) ?? '{}') as { session_id: string; total_cost_usd: number },
    }
  }
  const own = (id: number) => ({ MICROVM_FORK_OF: 'aaaaaaaa', MICROVM_TASK_ID: `bbbbbbb${id}` })
  const first = await agent(({ results }) => (results.length === 0 ? commit('first') : say('First.')), {})
  await git('branch', '-m', 'task-aaaaaaaa')
  await cp(share, join(root, 'point'), { recursive: true })
  const costs: number[] = []
  for (const number of [1, 2, 3]) {
    for (const old of [share, join(folder, 'home')]) await rm(old, { recursive: true })
    await cp(join(root, 'point'), share, { recursive: true })
    await writeFile(join(share, 'continue.md'), `Way ${number}`)
    const copy = `0000000${number}-0000-4000-8000-000000000000`
    const histories: History[] = []
    const fork = await agent(
      (history) => {
        histories.push(history)
        return history.results.length === 1 ? commit(`way-${number}`) : say(`Way ${number} is done.`)
      },
      { MICROVM_RESUME_SESSION: first.last.session_id, MICROVM_FORK_SESSION: copy, ...own(number) },
    )
    expect(fork).toMatchObject({
      last: { session_id: copy },
      result: { success: true, summary: `Way ${number} is done.` },
    })
    expect(histories.every((history) => heard(history, 'Begin') && heard(history, `Way ${number}`))).toBe(true)
    const log = (await git('log', '--format=%s %an')).split('\n').filter((line) => !line.startsWith('Start'))
    expect(log).toEqual([`way-${number} Claude Task (bbbbbbb${number})`, 'first Claude'])
    expect(await git('branch', '--show-current')).toBe(`task-bbbbbbb${number}`)
    expect(await git('show', ':draft').catch(() => 'untracked')).toBe('untracked')
    expect((await runOrThrow('cat', ['draft'], { cwd: repo })).stdout).toBe('draft\ndraft\n')
    costs.push(fork.last.total_cost_usd)
  }
  // What the session had cost before is a part of what its copy costs: the host takes it off.
  expect(Math.min(...costs)).toBeGreaterThan(first.last.total_cost_usd)
  expect(new Set(costs).size).toBe(1)

  await rm(join(folder, 'home'), { recursive: true })
  await writeFile(join(share, 'continue.md'), 'Go on')
  const copy = '00000003-0000-4000-8000-000000000000'
  const environment = { MICROVM_RESUME_SESSION: first.last.session_id, MICROVM_FORK_SESSION: copy, ...own(3) }
  const next = await agent((history) => say(heard(history, 'Way 3') ? 'Went on.' : 'Anew.'), environment)
  expect(next).toMatchObject({ last: { session_id: copy }, result: { summary: 'Went on.' } })
  const [project = ''] = await readdir(join(share, 'session'))
  expect((await readdir(join(share, 'session', project))).filter((name) => name.endsWith('.jsonl'))).toHaveLength(2)
})
