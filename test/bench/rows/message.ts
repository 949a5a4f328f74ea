import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { claudeCodeProgram } from '../../support/claude/claude-code.ts'
import { startScriptedApi } from '../../support/claude/scripted-api.ts'
import { say as answer, bash } from '../../support/claude/scripted-turn.ts'
import { runnerWorld } from '../../support/machines/task-runner.ts'
import { until } from '../../support/until.ts'
import { type Bench, timed } from '../measure.ts'

const idOf = (number: number): string => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`

export const message: Bench = {
  name: 'message',
  about:
    'a message to an agent at work, from the share to its queue, against a line on the standard input of Claude Code',
  async measure({ folder, quick, stack, signal, say }) {
    const script = () => bash('until [ -e over ]; do sleep 0.1; done')
    const api = stack.use(
      await startScriptedApi({
        scripts: { default: ({ results }) => (results.length === 0 ? script() : answer('Done.')) },
      }),
    )
    const count = quick ? 3 : 15
    const environment = { ANTHROPIC_BASE_URL: api.url, IS_SANDBOX: '1' }
    await mkdir(join(folder, 'ours'))
    const world = await runnerWorld(join(folder, 'ours'), {
      task: 'Begin',
      claude: `exec '${claudeCodeProgram()}' "$@"`,
      environment,
    })
    const running = world.run(signal)
    const stream = () => readFile(join(world.share, 'claude-stream.jsonl'), 'utf8').catch(() => '')
    say('beginning both')
    await until(async () => (await stream()).includes('"tool_use"'))
    const bare = bareClaude(join(folder, 'bare'), environment)
    await until(() => Promise.resolve(bare.said().includes('"tool_use"')))

    const ours: number[] = []
    const theirs: number[] = []
    for (let number = 0; number <= count; number++) {
      const id = idOf(number)
      const lines = [String(number), JSON.stringify({ id, kind: 'text', text: `Message ${number}`, when: 'after' }), '']
      const took = await timed(async () => {
        await writeFile(join(world.share, '.new'), lines.join('\n'))
        await rename(join(world.share, '.new'), join(world.share, 'messages.jsonl'))
        await until(async () => (await stream()).includes(id))
      })
      const floor = await timed(async () => {
        bare.send(id, `Message ${number}`)
        await until(() => Promise.resolve(bare.said().includes(id)))
      })
      if (number === 0) continue // The first pair of every row is thrown away.
      ours.push(took)
      theirs.push(floor)
    }
    await writeFile(join(world.repo, 'over'), '')
    bare.end()
    await running
    return [
      {
        what: 'a message from the share to the queue of an agent at work',
        unit: 'ms',
        ours,
        against: { what: 'a line on the standard input of Claude Code', values: theirs },
        goal: { kind: 'limit', atMost: 1_500 },
        notes: [
          'The runner looks each second. Without a machine; the server lays a message down within half a second.',
        ],
      },
    ]
  },
}

/** Claude Code by itself, at work. */
function bareClaude(home: string, environment: Readonly<Record<string, string>>) {
  const options = ['--dangerously-skip-permissions', '--input-format', 'stream-json', '--output-format', 'stream-json']
  const child = spawn(
    'bash',
    ['-c', 'mkdir -p "$HOME" && cd "$HOME" && exec "$@"', 'claude', claudeCodeProgram(), ...options, '--verbose', '-p'],
    {
      env: {
        PATH: process.env.PATH,
        HOME: home,
        ANTHROPIC_API_KEY: 'sk-ant-scripted',
        DISABLE_AUTOUPDATER: '1',
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const send = (uuid: string, content: string): void => {
    child.stdin.write(
      `${JSON.stringify({ type: 'user', uuid, priority: 'later', message: { role: 'user', content } })}\n`,
    )
  }
  send('ffffffff-0000-4000-8000-000000000000', 'Begin')
  return { send, said: () => output, end: () => child.kill('SIGKILL') }
}
