import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { choiceVariables } from '../../main/core/task/agent-choice.ts'
import { withModelHint } from '../../main/core/task/outcome.ts'
import { totalUsage } from '../../main/core/task/parking.ts'
import { parseUsage } from '../../main/worker/result-lines.ts'
import { claudeCodeProgram } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { say, sequence, use } from '../support/claude/scripted-turn.ts'
import { runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** The real runner with the real Claude Code, in a folder of this host in place of a guest. */
async function worldWith(task: string, apiUrl: string, environment: Readonly<Record<string, string>> = {}) {
  const world = await runnerWorld(await temporaryFolder(), {
    task,
    claude: `exec '${claudeCodeProgram()}' "$@"`,
    environment: { ANTHROPIC_BASE_URL: apiUrl, IS_SANDBOX: '1', ...environment },
  })
  const own = {
    '.claude/commands/deploy.md': 'What the command makes of it: $ARGUMENTS\n',
    '.claude/skills/tidy/SKILL.md':
      '---\nname: tidy\ndescription: Tidies\n---\nWhat the skill makes of it: $ARGUMENTS\n',
  }
  for (const [name, content] of Object.entries(own)) {
    await mkdir(dirname(join(world.repo, name)), { recursive: true })
    await writeFile(join(world.repo, name), content)
  }
  return world
}

test.for([
  ...['/status returns 404 for every user: find out why', '/clear', '/compact the history table', '/init', '/context'],
  ...['/deploy to staging', '/tidy the house', '/mcp__x__y z', '/', '\n/clear', '!ls -la', '#remember this', '-p x'],
])('the model is asked what the user wrote: %j', async (task) => {
  const asked: (readonly string[])[] = []
  await using api = await startScriptedApi({
    scripts: {
      default: ({ texts }) => {
        asked.push(texts)
        return say('Done.')
      },
    },
  })
  const world = await worldWith(task, api.url)
  await world.run()
  expect(await world.result()).toEqual({ success: true, summary: 'Done.', error: null, exit_code: 0 })
  expect(asked).toHaveLength(1)
  expect(asked[0]?.map((text) => text.replace(/^ (?=\/)/, ''))).toContain(task.replace(/^ (?=\/)/, ''))
  expect(asked[0]?.join()).not.toMatch(/What the (command|skill) makes of it: (to|the)/)
})

test('an agent whose command in the background has no end is ended after the limit, as one that succeeded', async () => {
  const endless = sequence(
    () => use('Bash', { command: 'sleep 10000', description: 'Wait', run_in_background: true }),
    () => say('The server runs.'),
  )
  await using api = await startScriptedApi({ scripts: { endless } })
  const world = await worldWith('[script: endless] Start the server', api.url, { MICROVM_IDLE_BACKGROUND_SECONDS: '2' })
  const { stdout } = await world.run()
  expect(stdout).toContain('ending Claude, which has waited 2 s')
  expect(await world.result()).toEqual({ success: true, summary: 'The server runs.', error: null, exit_code: 0 })
})

test("an agent is asked of the model that was chosen, and one that the API does not know fails in Claude Code's own words", async () => {
  await using api = await startScriptedApi({ scripts: { default: () => ({ kind: 'error', status: 404 }) } })
  const chosen = choiceVariables({ model: 'no-such-model', effort: 'low' })
  const world = await worldWith('Do it', api.url, chosen)
  await world.run()
  expect(api.requests[0]).toMatchObject({ model: 'no-such-model' })
  const { success, error } = await world.result()
  expect(success).toBe(false)
  const failure = withModelHint({ code: 'agent-failed', message: error ?? '' }, 'no-such-model')
  expect(failure).toMatchObject({
    message: expect.stringContaining('issue with the selected model (no-such-model)'),
    hint: expect.stringContaining('asked for the model no-such-model'),
  })
})

test.for([
  ['after a success', say('Done.')],
  ['after a failure', { kind: 'error', status: 401 }],
] as const)(
  'a task that goes on %s has the model asked with all that was said before, and tells the cost of both',
  async ([, first]) => {
    const asked: (readonly string[])[] = []
    await using api = await startScriptedApi({
      scripts: {
        default: ({ texts }) => {
          asked.push(texts)
          return asked.length === 1 ? first : say('Done as well.')
        },
      },
    })
    const folder = await temporaryFolder()
    const claude = `exec '${claudeCodeProgram()}' "$@"`
    const environment = { ANTHROPIC_BASE_URL: api.url, IS_SANDBOX: '1' }
    const before = await runnerWorld(folder, { task: 'Write the table', claude, environment })
    await before.run()
    const stream = join(before.share, 'claude-stream.jsonl')
    const earlier = parseUsage(await before.read(stream))
    const session = earlier?.sessionId ?? ''
    expect(session).toMatch(/^[0-9a-f-]{36}$/)

    await rm(join(folder, 'home'), { recursive: true })
    await writeFile(join(before.share, 'continue.md'), '/clear the table')
    const after = await runnerWorld(folder, {
      ...{ task: 'Write the table', claude },
      environment: { ...environment, MICROVM_RESUME_SESSION: session },
    })
    const { stdout } = await after.run()
    expect(stdout).toContain('resuming the earlier session')
    expect(await after.result()).toMatchObject({ success: true, summary: 'Done as well.' })
    const last = asked.at(-1) ?? []
    expect(last).toContain('Write the table')
    expect(last).toContain(' /clear the table')
    expect(last.join()).not.toContain('You were interrupted')
    const latest = parseUsage(await after.read(stream))
    expect(latest?.sessionId).toBe(session)
    // What the session cost so far: the sum of both would count the first run twice.
    expect(latest?.costUsd).toBeGreaterThanOrEqual(earlier?.costUsd ?? 0)
    const total = totalUsage(earlier, latest)
    expect(total?.costUsd).toBe(latest?.costUsd)
    expect(total?.inputTokens).toBe((earlier?.inputTokens ?? 0) + (latest?.inputTokens ?? 0))
    expect({ earlier, latest }).toMatchObject({ latest: { turns: 1 } })
  },
)
