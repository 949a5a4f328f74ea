import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { claudeCodeProgram } from '../claude/claude-code.ts'
import { startScriptedApi } from '../claude/scripted-api.ts'
import { bash, type History, type Turn } from '../claude/scripted-turn.ts'
import { temporaryFolder } from '../temporary.ts'
import { until } from '../until.ts'
import { runnerWorld } from './task-runner.ts'

/** The id of a message. */
export const id = (digit: number): string => `${digit}0000000-0000-4000-8000-000000000000`
export const text = (digit: number, what: string, when = 'next') => ({ id: id(digit), kind: 'text', text: what, when })
export const interrupt = (digit: number) => ({ id: id(digit), kind: 'interrupt' })
export const finish = (digit: number) => ({ id: id(digit), kind: 'finish' })

/** The real runner with the real Claude Code, whose model answers by the script; messages are written as the host writes them. */
export async function steeredAgent(
  script: (history: History) => Turn,
  {
    idleSeconds,
    folder,
    environment,
    ...options
  }: {
    readonly holdSeconds?: number
    readonly idleSeconds?: number
    /** Of an earlier run, whose session and share it goes on with. */
    readonly folder?: string
    readonly environment?: Readonly<Record<string, string>>
  } = {},
) {
  const api = await startScriptedApi({ scripts: { default: script } })
  onTestFinished(() => api.close())
  const world = await runnerWorld(folder ?? (await temporaryFolder()), {
    task: 'Begin',
    claude: `exec '${claudeCodeProgram()}' "$@"`,
    environment: {
      ...{ ANTHROPIC_BASE_URL: api.url, IS_SANDBOX: '1' },
      ...environment,
      ...(idleSeconds !== undefined && { MICROVM_IDLE_BACKGROUND_SECONDS: String(idleSeconds) }),
    },
    ...options,
  })
  let revision = 0
  const has = async (...parts: readonly string[]): Promise<boolean> =>
    (await world.read(join(world.share, 'claude-stream.jsonl')).catch(() => ''))
      .split('\n')
      .some((line) => parts.every((part) => line.includes(part)))
  return {
    ...world,
    running: world.run(),
    /** What the agent that waits said last; undefined while it works. */
    waits: () => world.read(join(world.share, 'agent-waits')).catch(() => undefined),
    closed: () => existsSync(join(world.share, 'inbox-closed')),
    write: async (...messages: readonly (object | string)[]) => {
      revision += 1
      const lines = messages.map((message) => (typeof message === 'string' ? message : JSON.stringify(message)))
      await writeFile(join(world.share, '.new'), [revision, ...lines, ''].join('\n'))
      await rename(join(world.share, '.new'), join(world.share, 'messages.jsonl'))
    },
    /** Resolves when a line of the stream has all of these. */
    streamed: (...parts: readonly string[]) => until(() => has(...parts)),
    go: () => writeFile(join(world.repo, 'go'), ''),
  }
}

/** A tool that runs until there is a file `go` in the clone. */
export const untilGo = bash('echo begun >begun; until [ -e go ]; do sleep 0.1; done')
export const heard = ({ texts }: History, what: string): boolean => texts.some((each) => each.includes(what))
