/**
 * `node test/screenshots/make.ts`: the pictures of the README, light and dark, of a server whose tasks are at work, wait for a review and
 * collide. Its agents are the real Claude Code, with a scripted model; its machines are processes of this host.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startServer } from '../../main/app.ts'
import type { TaskId } from '../../main/core/task/task.ts'
import { silentLog } from '../../main/lib/log.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { claudeCodeProgram } from '../support/claude/claude-code.ts'
import { type ScriptedApi, startScriptedApi } from '../support/claude/scripted-api.ts'
import { commitFiles, makeRepository } from '../support/git/repositories.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { until } from '../support/until.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'
import { billing, scripts, storefront, tasks } from './story.ts'

const folder = await mkdtemp(join(tmpdir(), 'pictures-'))
const home = join(folder, 'home')
await mkdir(home, { mode: 0o700 })
await writeFile(join(home, 'settings.json'), JSON.stringify({ minFreeGiB: 0, queue: true }))
const [billingPath, storefrontPath] = [join(folder, 'billing-api'), join(folder, 'storefront')]
await makeRepository(billingPath, { files: billing })
await makeRepository(storefrontPath, { files: storefront })
await registerRepository(home, { path: billingPath, merge: 'review', environment: { kind: 'plain' } })
await registerRepository(home, { path: storefrontPath, environment: { kind: 'plain' } })

await using api = await startScriptedApi({ scripts, delayMs: 20 })
const server = await startServer({
  home,
  port: 0,
  log: silentLog,
  env: { ANTHROPIC_API_KEY: 'sk-ant-scripted-host' },
  driver: processDriver(join(folder, 'run'), guest(api)),
})
try {
  const ids: Record<string, TaskId> = {}
  for (const { script, repo, title } of tasks) ids[script] = await server.tasks.run({ repo, description: title })
  await until(async () => (await server.tasks.get(ids.round as TaskId)).startCommit !== null)
  // The user works on too: what a task makes of the same line collides.
  await commitFiles(
    storefrontPath,
    { 'src/price.js': "export const shown = (cents) => (cents / 100).toFixed(2) + ' €'\n" },
    'Show prices in euros',
  )
  const isOver = async (script: string) => (await server.tasks.get(ids[script] as TaskId)).announcedSeq !== null
  await until(async () => (await isOver('retry')) && (await isOver('round')) && (await isOver('document')))
  await until(() => api.requests.filter(({ script, turn }) => script === 'long' && turn >= 4).length >= 3)

  const browser = await launchBrowser()
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
  await page.goto(server.pageUrl)
  await page.getByRole('heading', { name: 'Slots' }).waitFor()
  const origin = new URL(server.pageUrl).origin
  const show = async (hash: string, ready: (page: Page) => Promise<unknown>, name: string) => {
    await page.goto(`${origin}/${hash}`)
    await ready(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForTimeout(400)
      const file = colorScheme === 'light' ? `${name}.png` : `${name}-dark.png`
      await page.screenshot({ path: join(import.meta.dirname, file) })
    }
  }
  await show(
    '#slots',
    (it) =>
      it
        .getByText('Just ended')
        .or(it.getByRole('button', { name: 'Review…' }))
        .first()
        .waitFor(),
    'slots',
  )
  await show(`#task/${ids.long}?tab=steps`, (it) => it.getByText('npm test').first().waitFor(), 'steps')
  await show(`#review/${ids.retry}`, (it) => it.getByRole('region', { name: 'Differences' }).waitFor(), 'review')
  await show(
    `#resolve/${ids.round}`,
    (it) => it.getByRole('region', { name: 'Conflict 1 of 1' }).waitFor(),
    'conflicts',
  )
  await browser.close()
} finally {
  await server.close('stop')
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
}

/** The runner's part, as far as pictures need it: the agent in its clone, its stream and its result in the share. */
function guest({ url }: ScriptedApi): string {
  const variables = {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: 'sk-ant-scripted-host',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    npm_config_update_notifier: 'false',
  }
  const result = JSON.stringify({ success: true, summary: 'Done.', files_changed: [], commits: 1, error: null })
  return `
set -e
touch $SHARE/started
cd $REPO
${Object.entries(variables)
  .map(([name, value]) => `export ${name}='${value}'`)
  .join('\n')}
case "$(head -n 1 $SHARE/task.md)" in
${tasks.map(({ script, title }) => `'${title}') script=${script} ;;`).join('\n')}
esac
(cat $SHARE/task.md; printf '\\n\\n[script: %s]' $script) |
  '${claudeCodeProgram()}' -p --output-format stream-json --verbose --allowedTools Bash,Read,Edit,Write,Grep >$SHARE/claude-stream.jsonl
echo '${result}' >$SHARE/result.json
`
}
