import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import { runCommand } from '../support/command-line.ts'
import { gitIn, makeRepository, statusOf, subjectsOf } from '../support/git/repositories.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { successJson } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const guest = `
touch $SHARE/started
cd $REPO
echo done > done.txt; git add -A; git commit -qm "Do it"
echo '${successJson}' > $SHARE/result.json
`

test('from a clone of a Node project without a flake to a merged task it is two commands', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), '{"minFreeGiB":0}')
  const driver = processDriver(join(folder, 'run'), guest)
  const env = { ANTHROPIC_API_KEY: 'sk-ant-api-serving' }
  const server = await startServer({ home, port: 0, log: silentLog, env, driver })
  onTestFinished(() => server.close())
  const files = { 'package.json': '{"engines":{"node":">=22"}}', 'package-lock.json': '{}', 'index.js': '' }
  await makeRepository(join(folder, 'upstream'), { flake: null, files })
  const clone = join(folder, 'shop')
  await gitIn(folder, ['clone', '--quiet', 'upstream', clone])

  const allowed = await runCommand(['allow', '.'], { home, cwd: clone })
  expect(allowed).toMatchObject({ exitCode: 0, stdout: 'Registered: shop\n' })
  expect(allowed.stderr).toContain('Tasks of shop work in tools that its files ask for: Node 24')
  expect(await runCommand(['run', 'shop', 'Do it'], { home, cwd: clone })).toMatchObject({ exitCode: 0 })
  await expect.poll(() => subjectsOf(clone, 'main')).toEqual(['Do it', 'Start'])
  await expect.poll(() => statusOf(clone)).toBe('')
})
