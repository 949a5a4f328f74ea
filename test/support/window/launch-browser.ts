import { type Browser, chromium } from 'playwright-core'
import { findTool } from '../../../main/lib/processes/find-tool.ts'

/** The host's Chromium, with no window; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await findTool('chromium')
  if (executablePath === undefined) throw new Error('chromium is missing; apt-get install chromium')
  // Root may not use Chromium's own sandbox; nothing here comes from elsewhere.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return await chromium.launch({ executablePath, args })
}
