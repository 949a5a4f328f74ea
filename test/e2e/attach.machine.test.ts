import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { connectToServer } from '../../main/web/client.ts'
import { type WindowCall, windowOfServer } from '../../main/web/window-of-server.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say } from '../support/claude/scripted-turn.ts'
import { runCommand, startCommand } from '../support/command-line.ts'
import { scriptedKey } from '../support/faults/orchestra.ts'
import { makeRepository } from '../support/git/repositories.ts'
import { stopMachines } from '../support/machines/stop-machines.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const waitForGo = bash('until [ -e .git/go ]; do sleep 0.5; done')

test("a person's shells in an agent's machine: several at once, with sizes, without the key, and again after the server was killed", async () => {
  await using api = await startScriptedApi({
    scripts: { waits: ({ results }) => (results.length === 0 ? waitForGo : say('Done.')) },
  })
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const repo = join(folder, 'project')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed', memoryMiB: 2048 }))
  await makeRepository(repo)
  expect((await runCommand(['allow', repo], { home })).exitCode).toBe(0)
  onTestFinished(async () => void (await stopMachines(home, AbortSignal.timeout(5_000))))
  const env = { HOME: homedir(), ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: scriptedKey }
  const serve = () => startCommand(['serve', '--port', '0'], { home, env })

  const server1 = serve()
  await listening(server1)
  const server = await connectToServer(home)
  const { task_id: id } = await server.call('run_task', { repo: 'project', description: 'Wait. [script: waits]' })
  const call = await windowOfServer(home)
  await until(async () => (await server.call('get_task_info', { task_id: id })).phase === 'working')
  // By then the agent has begun, whose environment the shell has.
  await until(async () => api.requests.length > 0)

  const [first, second] = [await openShell(call, id), await openShell(call, id)]
  await first.types(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    'echo "I am $(id -un) in $PWD on $(stty size), key ${ANTHROPIC_API_KEY:-none}, $ANTHROPIC_BASE_URL."',
  )
  await first.shows(/I am claude in \/workspace\/repo on 24 80, key none, http:\/\/10\.0\.2\./)
  await first.types('sleep 1000')
  await second.types('ls; echo "second $((20 + 22))"')
  await second.shows(/flake\.nix[\s\S]*second 42/)
  await call('resizeShell', { shell: second.shell, rows: 50, columns: 132 })
  await second.types('stty size')
  await second.shows(/50 132/)
  // A flood in one is held where nobody reads, and keeps the other one waiting for nothing.
  const flood = await openShell(call, id)
  await flood.types('yes flood')
  await second.types('echo "beside $((1 + 1)) it"')
  await second.shows(/beside 2 it/)

  server1.kill('SIGKILL')
  await once(server1, 'exit')
  const server2 = serve()
  await listening(server2)
  const again = await windowOfServer(home)
  // The machine may not be found again yet: it is waited for.
  const third = await openShell(again, id)
  // What was open has ended with the line.
  await third.types('until ! pgrep -x yes; do sleep 0.2; done; ! pgrep -f "^sleep 1000" && echo "alone $((1 + 1))"')
  await third.shows(/alone 2/)
  // Nothing listens there, and that is said in words.
  const nothing = new URL((await again('openPreview', { id, port: 5174 })).url)
  expect(await textAt(nothing)).toMatch(/^Port 5174 of task .* does not answer: Nothing listens on port 5174/)
  await again('closeShell', { shell: third.shell })

  await writeFile(join(taskFiles(home, taskId(id)).repo, '.git', 'go'), '')
  const server3 = await connectToServer(home)
  await until(async () => (await server3.call('get_task_info', { task_id: id })).phase === 'finished')
  expect(await server3.call('get_task_info', { task_id: id })).toMatchObject({ status: 'completed' })
  await expect(again('openShell', { id, rows: 24, columns: 80 })).rejects.toMatchObject({ code: 'task-ended' })
  server2.kill('SIGTERM')
})

/** By the address that the name has in a browser of this host. */
async function textAt({ host, port }: URL): Promise<string> {
  const request = get({ host: '127.0.0.1', port, path: '/', headers: { host }, agent: false })
  const [answer] = await once(request, 'response')
  return await text(answer)
}

/** A shell that is read as the window does. */
async function openShell(call: WindowCall, id: string) {
  const { shell } = await call('openShell', { id, rows: 24, columns: 80 })
  let shown = ''
  let after = 0
  return {
    shell,
    types: (line: string) => call('writeShell', { shell, data: Buffer.from(`${line}\n`).toString('base64') }),
    shows: async (words: RegExp) => {
      while (!words.test(shown)) {
        const { data, next, ended } = await call('readShell', { shell, after })
        shown += Buffer.from(data, 'base64').toString()
        after = next
        if (ended) throw new Error(`It has ended: ${shown}`)
      }
    },
  }
}

async function listening(server: ChildProcess): Promise<void> {
  onTestFinished(() => void server.kill('SIGKILL'))
  if (!server.stdout) throw new Error('serve has no output')
  for await (const line of createInterface({ input: server.stdout })) if (line.startsWith('Listening on ')) return
  throw new Error('serve ended')
}
