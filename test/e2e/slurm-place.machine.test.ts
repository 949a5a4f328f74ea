import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addPlaceCommand } from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say, sequence } from '../support/claude/scripted-turn.ts'
import { scriptedKey, startOrchestra } from '../support/faults/orchestra.ts'
import { builtPackage } from '../support/fleet/built-package.ts'
import { startSlurmLab } from '../support/fleet/slurm-lab.ts'
import { startSshd } from '../support/fleet/sshd.ts'
import { subjectsOf } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a real machine on a node that Slurm chose does a task with the real Claude Code, and the key stays at home', async () => {
  const work = sequence(
    () => bash("echo hi > hello.md && git add . && git commit -qm 'Add hello.md'"),
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { work }, expectedKey: scriptedKey })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: {},
  })
  const root = await temporaryFolder()
  const usualPath = process.env.PATH ?? ''
  await using lab = await startSlurmLab(root)
  // Slurm's commands are found where ssh leads to, and not here.
  await using login = await startSshd(root, process.env.PATH)
  process.env.PATH = usualPath
  const terminal = { ...processTerminal(orchestra.home), say: () => undefined, note: () => undefined }
  const place = {
    ...{ slurm: true, login: login.host, sshOption: login.options, partition: 'main' },
    ...{ node: process.execPath, folder: join(root, 'program'), scratch: lab.scratch },
  }
  await addPlaceCommand(terminal, 'cluster', place, await builtPackage(join(root, 'package')))

  await orchestra.command('allow', orchestra.pathOf('project'), '--egress', 'closed')
  const { stdout } = await orchestra.command('run', 'project', 'Add hello.md. [script: work]', '--place', 'cluster')
  const view = await orchestra.until(stdout.trim(), 'finished')
  expect(view).toMatchObject({
    ...{ status: 'completed', error: null, place: 'cluster', slot: null, merge_result: { merged: true } },
    node: expect.stringMatching(/^n[12]$/),
  })
  expect(await subjectsOf(orchestra.pathOf('project'), 'main')).toEqual(['Add hello.md', 'Start'])
  expect(api.requests.length).toBeGreaterThan(1)
  expect(api.requests.filter(({ accepted }) => !accepted)).toEqual([])
  expect((await run('grep', ['-rla', scriptedKey, join(root, 'slurm'), join(root, 'program')])).stdout).toBe('')
})
