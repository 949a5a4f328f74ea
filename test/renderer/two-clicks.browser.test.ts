import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import { gitIn, makeRepository, subjectsOf } from '../support/git/repositories.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { successJson } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'

const guest = `
touch $SHARE/started
cd $REPO
echo done > done.txt; git add -A; git commit -qm "Do it"
echo '${successJson}' > $SHARE/result.json
`

test('from a clone of a Node project without a flake to a merged task it is two clicks, a path and a text', async () => {
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

  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
  let clicks = 0
  const click = async (what: Locator) => {
    await what.click()
    clicks += 1
  }
  await page.goto(server.pageUrl)
  await click(page.getByRole('button', { name: 'Add…' }))
  await page.getByLabel('Path of the folder').fill(clone)
  await page.keyboard.press('Enter')
  await click(page.getByRole('dialog').getByRole('button', { name: 'Use These' }))
  await page.getByLabel('What shall the agent do?').fill('Do it')
  await page.keyboard.press('Control+Enter')

  await page.getByText('Merged').first().waitFor()
  await expect.poll(() => subjectsOf(clone, 'main')).toEqual(['Do it', 'Start'])
  expect(clicks).toBe(2)
})
