import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { runClaudeCode, toolExchanges } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import type { Script } from '../support/claude/scripted-turn.ts'
import { scriptedKey, startOrchestra } from '../support/faults/orchestra.ts'
import { commitFiles, gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'
import { commitFile, dispatch } from '../support/scripts.ts'

test('Claude Code on the host runs a task in each of two repositories; both commits come back, one over a branch that moved', async () => {
  const backendScript = commitFile('server.md', 'Serves.\n', 'Add server.md')
  let moveBranch = async (): Promise<void> => undefined
  const scripts: Record<string, Script> = {
    dispatcher: dispatch([
      { repo: 'frontend', description: 'Add page.md. [script: frontend]' },
      { repo: 'backend', description: 'Add server.md. [script: backend]' },
    ]),
    frontend: commitFile('page.md', 'Shows.\n', 'Add page.md'),
    // The user commits while the agent is at work: the clone is made by then.
    backend: async (history) => {
      if (history.turn === 0) await moveBranch()
      return await backendScript(history)
    },
  }
  await using api = await startScriptedApi({ scripts })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { frontend: { 'README.md': 'Pages\n' }, backend: { 'README.md': 'Services\n' } },
  })
  const [frontend, backend] = [orchestra.pathOf('frontend'), orchestra.pathOf('backend')]
  moveBranch = async () => {
    await commitFiles(backend, { 'notes.md': 'Mine.\n' }, 'Write notes')
  }

  const { exitCode, events, stderr } = await runClaudeCode({
    prompt: 'Have both repositories worked on and wait for the ends. [script: dispatcher]',
    apiUrl: api.url,
    mcpUrl: orchestra.url,
    allowedTools: ['mcp__microvm__run_task', 'mcp__microvm__wait_next_event'],
  })

  expect(exitCode, stderr).toBe(0)
  expect(events.at(-1)).toMatchObject({ type: 'result', is_error: false, result: 'All tasks have ended.' })
  const exchanges = toolExchanges(events)
  const started = answersOf(exchanges, 'mcp__microvm__run_task')
  const ended = answersOf(exchanges, 'mcp__microvm__wait_next_event').filter(({ type }) => type)
  expect(ended.map(({ task_id }) => task_id).sort()).toEqual(started.map(({ task_id }) => task_id).sort())
  const endOf = (repo: string) => ended.find((end) => end.repo === repo)
  expect(endOf('frontend')).toMatchObject({
    type: 'completed',
    result: { success: true, files_changed: ['page.md'], error: null },
    merge_result: { merged: true, method: 'fast-forward', commits: 1, conflicts: [] },
  })
  expect(endOf('backend')).toMatchObject({
    type: 'completed',
    result: { success: true, files_changed: ['server.md'], error: null },
    merge_result: { merged: true, method: 'rebase', commits: 1, conflicts: [] },
  })

  expect(await subjectsOf(frontend, 'main')).toEqual(['Add page.md', 'Start'])
  expect(await subjectsOf(backend, 'main')).toEqual(['Add server.md', 'Write notes', 'Start'])
  expect(await readFile(join(backend, 'server.md'), 'utf8')).toBe('Serves.\n')
  expect([await statusOf(frontend), await statusOf(backend)]).toEqual(['', ''])
  expect((await orchestra.client.call('list_slots', {})).active).toEqual([])
  expect(await keyLeftIn(frontend)).toBe('')
})

const answersOf = (exchanges: ReturnType<typeof toolExchanges>, tool: string): Record<string, unknown>[] =>
  exchanges.filter(({ name }) => name === tool).map(({ text }) => JSON.parse(text) as Record<string, unknown>)

/** Files that hold the agents' key, below the folder and in the repository's objects. */
async function keyLeftIn(repo: string): Promise<string> {
  const { stdout } = await run('grep', ['-rl', '--', scriptedKey, repo])
  return stdout + (await gitIn(repo, ['log', '--all', `-S${scriptedKey}`, '--format=%H']))
}
