import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addPlaceCommand } from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { endAll, findDetached } from '../../main/lib/processes/find-processes.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type Script, say } from '../support/claude/scripted-turn.ts'
import { scriptedKey, startOrchestra } from '../support/faults/orchestra.ts'
import { builtPackage } from '../support/fleet/built-package.ts'
import { startSshd } from '../support/fleet/sshd.ts'
import { subjectsOf } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a real machine at a place that one command has set up does a task with the real Claude Code, which is told more and goes on, and the key stays at home', async () => {
  const commit = (name: string) => bash(`echo hi > ${name} && git add . && git commit -qm 'Add ${name}'`)
  // What it was told before counts: a session that did not come back would begin with the first file again.
  const work: Script = ({ turn, texts }) => {
    const wasTold = (text: string) => texts.some((each) => each.includes(text))
    if (turn === 0) return commit('hello.md')
    if (turn === 1) return wasTold('Make it blue') ? commit('blue.md') : bash('sleep 2')
    return turn === 2 && wasTold('Go on') ? commit('more.md') : say('Done.')
  }
  await using api = await startScriptedApi({ scripts: { work }, expectedKey: scriptedKey })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: {},
  })
  const root = await temporaryFolder()
  await using sshd = await startSshd(root)
  const folder = join(root, 'node')
  await using _left = {
    [Symbol.asyncDispose]: async () => endAll(await findDetached(folder), AbortSignal.timeout(20_000)),
  }
  const place = { ssh: sshd.host, sshOption: sshd.options, node: process.execPath, folder }
  const terminal = { ...processTerminal(orchestra.home), say: () => undefined, note: () => undefined }
  await addPlaceCommand(terminal, 'desk', place, await builtPackage(join(root, 'package')))

  await orchestra.command('allow', orchestra.pathOf('project'), '--egress', 'closed')
  const { stdout } = await orchestra.command('run', 'project', 'Add hello.md. [script: work]', '--place', 'desk')
  const id = stdout.trim()
  await orchestra.command('tell', id, 'Make it blue')
  const view = await orchestra.until(id, 'finished')
  expect(view).toMatchObject({
    status: 'completed',
    error: null,
    place: 'desk',
    slot: null,
    merge_result: { merged: true },
  })
  expect(view.messages).toMatchObject([{ text: 'Make it blue', state: 'answered' }])
  const subjects = ['Add blue.md', 'Add hello.md', 'Start']
  expect(await subjectsOf(orchestra.pathOf('project'), 'main')).toEqual(subjects)

  await orchestra.command('continue', id, 'Go on. [script: work]')
  expect(await orchestra.until(id, 'finished')).toMatchObject({ status: 'completed', error: null, place: 'desk' })
  expect(await subjectsOf(orchestra.pathOf('project'), 'main')).toEqual(['Add more.md', ...subjects])
  expect(api.requests.length).toBeGreaterThan(1)
  expect(api.requests.filter(({ accepted }) => !accepted)).toEqual([])
  expect((await run('grep', ['-rla', scriptedKey, folder])).stdout).toBe('')
})
