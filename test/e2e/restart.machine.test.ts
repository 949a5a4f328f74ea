import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { connectToServer, type ServerConnection } from '../../main/web/client.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { runCommand, startCommand } from '../support/command-line.ts'
import { scriptedKey } from '../support/faults/orchestra.ts'
import { makeRepository, subjectsOf } from '../support/git/repositories.ts'
import { stopMachines } from '../support/machines/stop-machines.ts'
import { commitFile } from '../support/scripts.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

test('tasks in machines restored from a template outlive their server, ended in order or killed, and the next one merges them and tells of their ends', async () => {
  const go = Promise.withResolvers<void>()
  const held = (file: string) => {
    const script = commitFile(file, 'Done.\n', `Add ${file}`)
    return async (history: Parameters<typeof script>[0]) => {
      await go.promise
      return await script(history)
    }
  }
  await using api = await startScriptedApi({ scripts: { first: held('first.md'), second: held('second.md') } })
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const repos = [join(folder, 'first'), join(folder, 'second')] as const
  await mkdir(home, { mode: 0o700 })
  await writeFile(
    join(home, 'settings.json'),
    JSON.stringify({ egress: 'closed', memoryMiB: 2048, memoryTemplates: true }),
  )
  for (const repo of repos) {
    await makeRepository(repo)
    expect((await runCommand(['allow', repo], { home })).exitCode).toBe(0)
  }
  onTestFinished(async () => void (await stopMachines(home, AbortSignal.timeout(5_000))))
  const env = { HOME: homedir(), ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: scriptedKey }
  const serve = () => startCommand(['serve', '--port', '0'], { home, env })

  const server1 = serve()
  let logged = ''
  server1.stderr?.on('data', (chunk) => {
    logged += chunk
  })
  const connection1 = await listening(server1, home)
  const tasks: string[] = []
  for (const repo of ['first', 'second']) {
    const { task_id } = await connection1.call('run_task', { repo, description: `Work. [script: ${repo}]` })
    tasks.push(task_id)
  }
  await until(async () => (await phasesOf(connection1, tasks)).every((phase) => phase === 'working'))
  server1.kill('SIGTERM')
  expect(await ended(server1)).toEqual([0, null])
  // Of two that are first, one may have been booted while the template was made for the other.
  expect(logged).toContain('"msg":"machine restored"')
  expect(logged).not.toContain('template of memory failed')

  const server2 = serve()
  const connection2 = await listening(server2, home)
  expect(await phasesOf(connection2, tasks)).toEqual(['working', 'working'])
  expect((await connection2.call('list_slots', {})).active.map(({ task_id }) => task_id).sort()).toEqual(
    [...tasks].sort(),
  )
  server2.kill('SIGKILL')
  await ended(server2)

  const server3 = serve()
  const connection3 = await listening(server3, home)
  go.resolve()
  const told = [await connection3.call('wait_next_event', {}), await connection3.call('wait_next_event', {})]
  expect(told).toMatchObject(
    told.map(() => ({ type: 'completed', error: null, merge_result: { merged: true, commits: 1 } })),
  )
  expect(await subjectsOf(repos[0], 'main')).toEqual(['Add first.md', 'Start'])
  expect(await subjectsOf(repos[1], 'main')).toEqual(['Add second.md', 'Start'])
  expect((await connection3.call('list_slots', {})).active).toEqual([])
  server3.kill('SIGTERM')
  expect(await ended(server3)).toEqual([0, null])
})

async function listening(server: ChildProcess, home: string): Promise<ServerConnection> {
  onTestFinished(() => void server.kill('SIGKILL'))
  if (!server.stdout) throw new Error('serve has no output')
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.startsWith('Listening on ')) return await connectToServer(home)
  }
  throw new Error('serve ended before it listened')
}

async function ended(server: ChildProcess): Promise<unknown[]> {
  if (server.exitCode !== null || server.signalCode !== null) return [server.exitCode, server.signalCode]
  return await once(server, 'exit')
}

const phasesOf = async (server: ServerConnection, ids: readonly string[]): Promise<string[]> =>
  await Promise.all(ids.map(async (task_id) => (await server.call('get_task_info', { task_id })).phase))
