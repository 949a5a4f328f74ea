import { existsSync } from 'node:fs'
import { open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { pidIsTaken } from '../../main/lib/processes/process-identity.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { claudeCodeProgram } from '../support/claude/claude-code.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { say } from '../support/claude/scripted-turn.ts'
import { finalLine, print, type RunnerWorldOptions, runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** The real runner in a machine that was booted ahead: no task is there yet, and the host says what it wants. */
async function waitingRunner(options: RunnerWorldOptions) {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, options)
  const inShare = (name: string) => join(world.share, name)
  await rename(inShare('task.md'), join(folder, 'task.md'))
  await writeFile(inShare('standby'), '')
  const stop = new AbortController()
  const running = world.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  await until(() => existsSync(inShare('waiting')))
  const tell = async (name: string): Promise<void> => {
    await writeFile(inShare(name), '')
    await using line = await open(join(folder, 'state/told'), 'w')
    await line.write('\n')
  }
  return {
    ...{ ...world, folder, running, tell, inShare },
    load: () => tell('load'),
    unload: async () => {
      await unlink(inShare('waiting'))
      await tell('unload')
      await until(() => existsSync(inShare('waiting')))
    },
    go: async () => {
      await rename(join(folder, 'task.md'), inShare('task.md'))
      await tell('go')
      return await running
    },
    end: async () => {
      stop.abort()
      return await running
    },
    pid: async () => {
      const path = join(folder, 'state/private/claude-pid')
      await until(async () => (await readFile(path, 'utf8').catch(() => '')).endsWith('\n'))
      return Number(await readFile(path, 'utf8'))
    },
  }
}

/** The runner there, and what it has started for itself. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((pid) => /^\d+$/.test(pid))
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => environments[index]?.includes(`MICROVM_STATE=${join(folder, 'state')}\0`))
}

test('the real Claude Code waits without a word to its API, asks when its task comes, and knows what the clone said when it was loaded', async () => {
  let asked = 0
  const heard: string[] = []
  const api = await startScriptedApi({
    scripts: {
      default: ({ texts }) => {
        asked += 1
        heard.push(...texts)
        return say('Done')
      },
    },
  })
  onTestFinished(() => api.close())
  const world = await waitingRunner({
    task: 'The text of the task',
    claude: `exec '${claudeCodeProgram()}' "$@"`,
    environment: { ANTHROPIC_BASE_URL: api.url, IS_SANDBOX: '1' },
  })
  await writeFile(join(world.repo, 'CLAUDE.md'), 'A rule of the repository')
  await world.load()
  const pid = await world.pid()
  // It has read all that it reads before its first line, and takes nothing of the processor.
  await until(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') T '))
  expect(asked).toBe(0)
  expect(existsSync(world.inShare('.api-key'))).toBe(false)
  const { exitCode } = await world.go()
  expect(exitCode).toBe(0)
  expect(await world.result()).toMatchObject({ success: true, summary: 'Done' })
  expect(asked).toBe(1)
  expect(heard.join('\n')).toContain('The text of the task')
  expect(heard.join('\n')).toContain('A rule of the repository')
  expect(pidIsTaken(pid)).toBe(false)
})

test('what is unloaded leaves nothing: no process, no file of its user, no word for the next', async () => {
  const world = await waitingRunner({
    environment: { MICROVM_MAX_BUDGET_USD: '3', EXTRA: 'first' },
    claude: `echo left >>"$HOME/left"
      cp "$HOME/left" "$SEEN/left"
      IFS= read -r line || exit
      ${print(finalLine('Done'))}cat >/dev/null`,
  })
  await world.load()
  const pid = await world.pid()
  await until(() => existsSync(join(world.seen, 'left')))
  expect(await processesOf(world.folder)).not.toHaveLength(1)
  await world.unload()
  expect(pidIsTaken(pid)).toBe(false)
  // The runner waits, and nothing that was to read the agent's stream does.
  await until(async () => (await processesOf(world.folder)).length === 1)
  expect(existsSync(join(world.folder, 'home/left'))).toBe(false)
  expect(existsSync(join(world.folder, 'state/private'))).toBe(false)
  expect(existsSync(world.inShare('unload'))).toBe(false)
  await writeFile(world.inShare('environment'), 'MICROVM_NETWORK=closed\0EXTRA=second\0')
  await writeFile(world.inShare('.api-key'), 'another key')
  await world.go()
  expect(await world.result()).toMatchObject({ success: true, summary: 'Done' })
  expect(await world.read(join(world.seen, 'left'))).toBe('left\n')
  const environment = (await world.read(join(world.seen, 'claude-environment'))).split('\0')
  expect(environment).toEqual(expect.arrayContaining(['EXTRA=second', 'ANTHROPIC_API_KEY=another key']))
  expect(await world.read(join(world.seen, 'claude-arguments'))).not.toContain('--max-budget-usd')
  expect((await runOrThrow('tail', ['-n', '1', world.inShare('claude-stream.jsonl')])).stdout).toContain('Done')
})

test('a shell that cannot be entered ahead is entered when the task comes, which says why it fails', async () => {
  const world = await waitingRunner({ nix: 'echo "no such attribute" >&2; exit 1' })
  await world.load()
  await until(() => existsSync(join(world.seen, 'nix-arguments')))
  const { stdout } = await world.go()
  expect(stdout).toContain('loading Claude Code ahead')
  expect(await world.result()).toMatchObject({
    success: false,
    error: expect.stringMatching(/^nix develop failed \(exit status 1\)\n[\s\S]*no such attribute/),
  })
})

test('a machine that is let go while its agent waits ends with it, and leaves no result', async () => {
  const world = await waitingRunner({ claude: 'cat >/dev/null' })
  await world.load()
  const pid = await world.pid()
  await until(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') T '))
  expect(await world.end()).toMatchObject({ exitCode: 143 })
  expect(pidIsTaken(pid)).toBe(false)
  expect(existsSync(world.inShare('result.json'))).toBe(false)
})
