import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../../main/app.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import type { MachineSpec } from '../../../main/machines/driver.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { addSecret } from '../../../main/settings/secrets/secrets.ts'
import { connectToServer } from '../../../main/web/client.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { processDriver } from '../../support/machines/process-driver.ts'
import { successJson } from '../../support/orchestrator.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { secretOf } from '../../support/web/secret-upstream.ts'

/** Keeps what it was given beside the share. */
const guest = `
set -e
cp -R $SHARE $SHARE/../given
touch $SHARE/started
cd $REPO
echo done > done.txt; git add -A; git commit -qm Work
echo '${successJson}' > $SHARE/result.json
`
const value = 'a-secret-that-stays-on-the-host'

async function taskOf(settings: object) {
  const folder = await temporaryFolder()
  const [home, claude] = [join(folder, 'home'), join(folder, 'claude')]
  await mkdir(join(claude, 'agents'), { recursive: true })
  await writeFile(join(claude, 'CLAUDE.md'), 'Be brief.\n')
  await writeFile(join(claude, 'agents/a.md'), '---\nhooks: {}\n---\n')
  const server = (host: string) => ({ type: 'http', url: `https://${host}/mcp` })
  await writeFile(
    join(claude, '.claude.json'),
    JSON.stringify({ mcpServers: { docs: server('docs.example'), other: server('other.example') } }),
  )
  for (const alias of ['project', 'other']) {
    await makeRepository(join(folder, alias))
    await registerRepository(home, { path: join(folder, alias) })
  }
  await addSecret(home, secretOf({ name: 'ONE', repositories: [join(folder, 'project')] }), value)
  await addSecret(home, secretOf({ name: 'TWO', repositories: [join(folder, 'other')] }), `${value}-too`)
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed', ...settings }))
  const specs: MachineSpec[] = []
  const driver = processDriver(join(folder, 'machines'), guest)
  const { log, lines } = recordingLog()
  const running = await startServer({
    ...{ home, port: 0, log, env: { ANTHROPIC_API_KEY: 'sk-ant-test', CLAUDE_CONFIG_DIR: claude } },
    driver: {
      ...driver,
      start: async (spec, signal) => {
        specs.push(spec)
        return await driver.start(spec, signal)
      },
    },
  })
  onTestFinished(() => running.close())
  const client = await connectToServer(home)
  const { task_id } = await client.call('run_task', { repo: 'project', description: 'work', client: 'cli' })
  const end = await client.call('wait_next_event', { client: 'cli' })
  const view = await client.call('get_task_info', { task_id })
  return { home, specs, lines, end, view, given: join(home, 'tasks', task_id, 'given') }
}

test('a task of a repository has the routes of its own secrets, and nothing on the host but their file tells one', async () => {
  const { home, specs, lines, end, view, given } = await taskOf({})
  expect(view).toMatchObject({ status: 'completed', merge_result: { merged: true } })
  const variables = (await readFile(join(given, 'environment'), 'utf8')).split('\0')
  expect(variables).toContain('SECRET_ONE_URL=http://127.0.0.1:3128/secrets/ONE')
  expect(variables.join()).not.toContain('SECRET_TWO')
  expect(specs.map(({ network }) => network.gateway?.config.secrets?.map(({ name }) => name))).toEqual([['ONE']])
  // The disks of a slot are sparse and large, and no machine wrote to these.
  const places = [home, join(home, '../project'), join(home, '../machines')]
  const telling = await run('grep', ['-rlaF', '--exclude=*.img', value, ...places])
  expect(telling.stdout).toBe(`${join(home, 'secrets.json')}\n`)
  expect(JSON.stringify([lines, end, view])).not.toContain(value)
})

test('what the setting names of the user’s own Claude Code comes along, and the task tells it', async () => {
  const { view, given } = await taskOf({ asAtHome: ['CLAUDE.md', 'agents'] })
  expect(await readFile(join(given, 'claude-files'), 'utf8')).toBe('-CLAUDE.md\0Be brief.\n\0')
  expect(view.notes).toEqual(['Came along from your Claude Code: CLAUDE.md; stayed at home: agents/a.md'])
})

test('servers come along as far as the policy of the task’s repository reaches', async () => {
  const { view, given } = await taskOf({ asAtHome: ['mcp-servers'], egress: ['docs.example'] })
  expect(await readFile(join(given, 'claude-files'), 'utf8')).toBe(
    '-mcp-servers/docs.json\0{"mcpServers":{"docs":{"type":"http","url":"https://docs.example/mcp"}}}\0',
  )
  expect(view.notes).toEqual([
    'Came along from your Claude Code: mcp-servers/docs.json; stayed at home: mcp-servers/other.json',
  ])
})

test('without the setting nothing does', async () => {
  const { view, given } = await taskOf({})
  expect(await readdir(given)).not.toContain('claude-files')
  expect(view.notes).toEqual([])
})
