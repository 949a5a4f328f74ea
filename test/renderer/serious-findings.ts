import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** Rules that fail with an impact of serious or critical, each with where. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate<AxeResults>(
    // The script of the page has put it there.
    () => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    )
}
