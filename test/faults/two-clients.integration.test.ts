import { mkdir, readdir, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runClaudeCode, toolExchanges } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { type Script, say, use } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { guestThatCommits } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const tools = ['mcp__microvm__run_task', 'mcp__microvm__wait_next_event']
const waitTool = 'mcp__microvm__wait_next_event'

/** Runs as many tasks as it is told, then waits until it is told that there is nothing more to hear. */
const dispatchAll =
  (name: string, count: number, waits: () => void): Script =>
  ({ turn, results }) => {
    if (turn < count) return use('mcp__microvm__run_task', { repo: 'project', description: `${name}-${turn}` })
    if (results.at(-1)?.text.includes('no_running_tasks')) return say('Nothing is left to hear.')
    waits()
    // The first look comes back at once, so that a second request tells of a client that waits in earnest.
    return use(waitTool, { timeout_ms: results.some(({ name }) => name === waitTool) ? 240_000 : 0 })
  }

/** The whole server, with guests that work until the test lets them go. */
async function place(scripts: Readonly<Record<string, Script>>) {
  const run = join(await temporaryFolder(), 'run')
  await mkdir(run)
  const api = await startScriptedApi({ scripts })
  const guest = guestThatCommits('$(cat $SHARE/task.md).txt', 'until [ -e $HOME/../go ]; do sleep 0.05; done')
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: { memoryMiB: 1024 },
    driver: processDriver(run, guest),
  })
  const client = (script: string, id: string, directory?: string) =>
    runClaudeCode({
      prompt: `Have it done. [script: ${script}]`,
      apiUrl: api.url,
      mcpUrl: `${orchestra.url}?client=${id}`,
      allowedTools: tools,
      ...(directory !== undefined && { directory }),
    })
  return { api, orchestra, client, go: () => writeFile(join(run, 'go'), '') }
}

const ends = (result: Awaited<ReturnType<typeof runClaudeCode>>): string[] =>
  toolExchanges(result.events)
    .filter(({ name }) => name === waitTool)
    .flatMap(({ text }) => (JSON.parse(text) as { task_id?: string }).task_id ?? [])

/** SIGKILL to the processes that work in the folder; answers how many. */
async function killIn(directory: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  const found = pids.filter((_, index) => folders[index] === directory)
  for (const pid of found) process.kill(Number(pid), 'SIGKILL')
  return found.length
}

test('two Claude Code clients that wait at once each hear every end once', async () => {
  let waiting = 0
  const waits = () => {
    waiting += 1
  }
  const { api, orchestra, client, go } = await place({
    ada: dispatchAll('ada', 2, waits),
    bob: dispatchAll('bob', 2, waits),
  })
  await using _api = api
  const both = [client('ada', 'ada'), client('bob', 'bob')]
  await until(() => waiting >= 4)
  await go()
  const heard = await Promise.all(both)
  const tasks = (await orchestra.client.call('list_tasks', {})).tasks.map(({ task_id }) => task_id).sort()
  expect(tasks).toHaveLength(4)
  for (const result of heard) expect(ends(result).sort(), result.stderr).toEqual(tasks)
})

test('a client that is killed while it waits loses no end: it hears all of them when it comes back', async () => {
  let waiting = 0
  const waits = () => {
    waiting += 1
  }
  const { api, orchestra, client, go } = await place({
    ada: dispatchAll('ada', 2, waits),
    back: dispatchAll('back', 0, waits),
  })
  await using _api = api
  const directory = await temporaryFolder()
  const killed = client('ada', 'ada', directory)
  await until(() => waiting >= 2)
  expect(await killIn(directory)).toBe(1)
  expect((await killed).exitCode).toBeNull()
  const tasks = (await orchestra.client.call('list_tasks', {})).tasks.map(({ task_id }) => task_id).sort()
  await go()
  for (const id of tasks) await orchestra.until(id, 'finished')
  expect(ends(await client('back', 'ada')).sort()).toEqual(tasks)
})
