import type { Locator } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { subjectsOf } from '../support/git/repositories.ts'
import { besideNodeProject } from '../support/node-project.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'

test('from a clone of a Node project without a flake to a merged task it is two clicks, a path and a text', async () => {
  const { clone, server } = await besideNodeProject()
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
