import { type Browser, chromium } from 'playwright-core'
import { findTool } from '../../main/lib/find-tool.ts'

/** A browser that is closed when the benchmark is over. */
export async function openBrowser(stack: AsyncDisposableStack): Promise<Browser> {
  const executablePath = await findTool('chromium')
  if (executablePath === undefined) throw new Error('chromium is missing: npm test installs it')
  const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
  stack.defer(() => browser.close())
  return browser
}
