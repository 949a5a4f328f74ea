import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
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
import { layDownVite } from '../support/vite-in-guest.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'

/** A page of its own, which takes what changed without being loaded again. */
const startVite = [
  'until [ -e /workspace/vite/ready ]; do sleep 0.5; done',
  'mkdir /tmp/app && cd /tmp/app',
  `echo '<h1></h1><script type="module" src="/main.js"></script>' >index.html`,
  `echo 'export const text = "first"' >text.js`,
  'cat >main.js <<MAIN',
  "import { text } from './text.js'",
  "const show = (shown) => { document.querySelector('h1').textContent = shown }",
  'show(text)',
  "import.meta.hot.accept('./text.js', (next) => show(next.text))",
  'MAIN',
  'nohup /workspace/vite/node /workspace/vite/node_modules/vite/bin/vite.js --host 127.0.0.1 --port 5173 --strictPort . >vite.log 2>&1 &',
].join('\n')
const waitForGo = 'until [ -e /workspace/repo/.git/go ]; do sleep 0.5; done; echo goes on'
const slow = { timeout: 300_000 }

test("a person in an agent's machine: shells, ssh and its web server, several at once, without the key, and again after the server was killed", async () => {
  const heard: (readonly string[])[] = []
  await using api = await startScriptedApi({
    scripts: {
      waits: ({ texts, results }) => {
        heard.push(texts)
        if (results.length === 0) return bash(`${startVite}\n${waitForGo}`)
        // A tool has no more than two minutes.
        return results.some(({ text }) => text.includes('goes on')) ? say('Done.') : bash(waitForGo)
      },
    },
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

  // ssh of this host, by what `ssh-config` writes.
  const config = join(folder, 'ssh-config')
  expect(await runCommand(['ssh-config', '--file', config], { home, env: { HOME: homedir() } })).toMatchObject({
    exitCode: 0,
  })
  const host = `${id}.microvm`
  const ssh = (command: string) => run('ssh', ['-F', config, host, command])
  const { share, repo: clone } = taskFiles(home, taskId(id))
  const [told, status] = await Promise.all([
    ssh(
      `echo "$(id -un), key \${ANTHROPIC_API_KEY:-none}, $ANTHROPIC_BASE_URL"; git -C /workspace/repo log --format=%s`,
    ),
    ssh('exit 7'),
  ])
  expect(told.stdout).toMatch(/^claude, key none, http:\/\/10\.0\.2\.\S+\nStart\n$/)
  expect(status.exitCode).toBe(7)
  const content = randomBytes(300_000)
  await writeFile(join(folder, 'sent'), content)
  const batch = join(folder, 'batch')
  await writeFile(batch, `put ${folder}/sent /tmp/there\nget /tmp/there ${folder}/back\n`)
  expect(await run('sftp', ['-q', '-F', config, '-b', batch, host])).toMatchObject({ ok: true })
  expect((await readFile(join(folder, 'back'))).equals(content)).toBe(true)

  // The agent's web server, in a browser.
  await layDownVite(join(share, 'vite'))
  await writeFile(join(share, 'vite', 'ready'), '')
  await until(async () => (await call('listeningPorts', { id })).ports.includes(5173))
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto((await call('openPreview', { id, port: 5173 })).url, slow)
  // A module that Vite is too slow to give the first time is asked for again by whoever loads the page again, and by nobody else.
  const isShown = () =>
    page
      .getByRole('heading', { name: 'first' })
      .waitFor({ timeout: 45_000 })
      .then(
        () => true,
        () => false,
      )
  for (let time = 1; !(await isShown()); time += 1) {
    expect(time).toBeLessThan(6)
    await page.reload(slow)
  }
  await page.evaluate("document.body.append('not loaded again')")
  await expect
    .poll(() => ssh('echo \'export const text = "second"\' >/tmp/app/text.js'), slow)
    .toMatchObject({ ok: true })
  await page.getByRole('heading', { name: 'second' }).waitFor(slow)
  await page.getByText('not loaded again').waitFor()
  await browser.close()

  // What was said right before is read all the same, once.
  await server.call('send_message', { task_id: id, text: 'One more' })
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

  expect(await ssh('echo again')).toMatchObject({ stdout: 'again\n' })

  await writeFile(join(clone, '.git', 'go'), '')
  const server3 = await connectToServer(home)
  await until(async () => (await server3.call('get_task_info', { task_id: id })).phase === 'finished')
  expect(await server3.call('get_task_info', { task_id: id })).toMatchObject({
    ...{ status: 'completed', messages: [{ text: 'One more', state: 'answered' }] },
  })
  expect(heard.at(-1)?.filter((text) => text.includes('One more'))).toHaveLength(1)
  await expect(again('openShell', { id, rows: 24, columns: 80 })).rejects.toMatchObject({ code: 'task-ended' })
  const refused = await ssh('true')
  expect(refused).toMatchObject({
    exitCode: 255,
    stderr: expect.stringContaining('has ended, and its machine with it'),
  })
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
