import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { makeRepository, statusOf, subjectsOf } from '../support/git/repositories.ts'
import { commitFile } from '../support/scripts.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'

const pictures = join(import.meta.dirname, '../output/journey')
const long = { timeout: 500_000 }

test('in a browser a user registers a repository, runs a task in it, watches its console, and sees it merged', async () => {
  await using api = await startScriptedApi({ scripts: { journey: commitFile('page.md', 'Shows.\n', 'Add page.md') } })
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { other: { 'README.md': 'Other\n' } } })
  const repository = join(await temporaryFolder(), 'journey')
  await makeRepository(repository)
  await mkdir(pictures, { recursive: true })

  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })

  await page.goto(orchestra.pageUrl)
  expect(page.url()).not.toContain('token')
  await page.getByRole('navigation', { name: 'Views' }).getByText('Repositories').click()
  await page.getByRole('button', { name: 'Add Repository…' }).first().click()
  await page.getByLabel('Path of the folder').fill(repository)
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByText('journey', { exact: true }).first().waitFor()

  await page.getByRole('navigation', { name: 'Views' }).getByText('Slots').click()
  await page.getByRole('button', { name: 'New Task' }).first().click()
  await page.getByLabel('Repository').selectOption('journey')
  await page.getByLabel('What shall the agent do?').fill('Add page.md. [script: journey]')
  await page.getByRole('button', { name: 'Start Task' }).click()
  await page.getByRole('tab', { name: 'Console' }).click()
  await page
    .locator('.xterm-rows')
    .filter({ hasText: /\S{3,}/ })
    .waitFor(long)
  await page.screenshot({ path: join(pictures, 'console.png') })

  await page.getByRole('tab', { name: 'Result' }).click()
  await page
    .getByLabel('Outcome')
    .filter({ hasText: /Merged/i })
    .waitFor(long)
  await page.screenshot({ path: join(pictures, 'merged.png') })
  await page.getByRole('tab', { name: 'Changes' }).click()
  await page.getByLabel('Changes of page.md').getByText('Shows.').waitFor()
  await page.getByRole('tab', { name: 'Steps' }).click()
  await page.getByLabel('Steps').getByText('page.md').first().waitFor()
  await page.screenshot({ path: join(pictures, 'steps.png') })

  expect(await subjectsOf(repository, 'main')).toEqual(['Add page.md', 'Start'])
  expect(await statusOf(repository)).toBe('')
  expect(faults).toEqual([])
})
