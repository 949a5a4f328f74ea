import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Step } from '../../preload/task-details.ts'
import { reviewScene } from '../support/claude/scripted-review.ts'
import type { Scene } from '../support/window/window-host.ts'
import { busyScene, calmScene, conflictScene, historyScene, idOf, onDesktop } from '../support/window/window-scenes.ts'
import { expectNoFaults, openWindow, useBrowser } from './open-window.ts'
import { seriousFindings } from './serious-findings.ts'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const running = idOf(0x7f3a_0001)
const saying = (...texts: readonly string[]): Scene => ({
  ...busyScene,
  steps: { [running]: texts.map((text): Step => ({ kind: 'said', at: null, text })) },
})
const requestsOf = (page: Page): string[] => {
  const urls: string[] = []
  page.on('request', (request) => urls.push(request.url()))
  return urls
}

useBrowser()

const report = `# What I did

Retries use **capped** backoff in \`sender.ts\`, see [the guide](https://docs.example.org/retry).

1. one
2. two

- [x] tests
- [ ] docs

> quoted

| file | lines |
| :--- | ---: |
| sender.ts | 31 |

\`\`\`ts
const a = 1
\`\`\``

test('what an agent writes is shown with its Markdown, which a first view does not load', async () => {
  await using window = await openWindow(saying(report), { colorScheme: 'light' }, '', axe)
  const { page } = window
  const urls = requestsOf(page)
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Slots' }).waitFor()
  expect(urls.filter((url) => url.includes('/markdown'))).toEqual([])
  await page.goto(`${page.url().split('#')[0]}#task/${running}?tab=steps`)
  const steps = page.getByRole('region', { name: 'Steps' })
  await steps.locator('strong', { hasText: 'capped' }).waitFor()
  expect(urls.filter((url) => url.includes('/markdown'))).not.toEqual([])
  await steps.getByRole('cell', { name: 'sender.ts' }).waitFor()
  await expect.poll(() => steps.locator('pre').textContent()).toBe('const a = 1\n')
  const link = steps.getByRole('link', { name: 'the guide (docs.example.org)' })
  await expect
    .poll(() => link.evaluate((it: HTMLAnchorElement) => [it.target, it.rel]))
    .toEqual(['_blank', 'noopener noreferrer nofollow'])
  await expect.poll(() => page.locator('h1').count()).toBe(1)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
  }
  expectNoFaults(window)
})

test('what an agent thinks, and what an agent does that it started, is folded until it is asked for', async () => {
  const tool = { kind: 'tool', at: null, failed: false, output: 'Seen.' } as const
  const scene: Scene = {
    ...busyScene,
    steps: {
      [running]: [
        { kind: 'thought', at: null, text: 'Two ways are open.\n\nThe **second** one is shorter.' },
        { ...tool, tool: 'Task', subject: 'Look around' },
        { ...tool, tool: 'Read', subject: 'src/inner.ts', within: 1 },
        { kind: 'said', at: null, text: 'It is in the sender.', within: 1 },
      ],
    },
  }
  await using window = await openWindow(scene, { colorScheme: 'light' }, `#task/${running}?tab=steps`, axe)
  const { page } = window
  const steps = page.getByRole('region', { name: 'Steps' })
  await steps.getByText('Thinking').waitFor()
  await expect.poll(() => steps.getByText('The second one is shorter.').count()).toBe(0)
  await expect.poll(() => steps.getByText('src/inner.ts').count()).toBe(0)
  await steps.getByRole('button', { name: 'Show', exact: true }).click()
  await steps.locator('strong', { hasText: 'second' }).waitFor()
  await steps.getByRole('button', { name: '2 steps of its agent' }).click()
  await steps.getByText('src/inner.ts').waitFor()
  await steps.getByText('It is in the sender.').waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await seriousFindings(page), colorScheme).toEqual([])
    await page.screenshot({ path: join(import.meta.dirname, `../screenshots/out/steps-folded-${colorScheme}.png`) })
  }
  expectNoFaults(window)
})

test('HTML, images, other addresses and anchors of an agent are text: nothing is asked of another host, and no link leads elsewhere', async () => {
  const text = [
    '<img src="https://elsewhere.example/1.png" onerror="document.title=1"><b id="window">bold</b>',
    '![a picture](https://elsewhere.example/2.png) and ![](http://[::1]/3.png "title")',
    '[one](javascript:document.title=1) [two](#settings) [three](data:text/html,x) [four](https://github.com@elsewhere.example/)',
    '[five][x] and a note[^1]\n\n[x]: vbscript:x\n\n[^1]: the note',
    '<script>document.title=1</script>',
  ].join('\n\n')
  await using window = await openWindow(saying(text), {}, `#task/${running}?tab=steps`)
  const { page, host } = window
  const steps = page.getByRole('region', { name: 'Steps' })
  await steps.locator('.markdown').waitFor()
  await steps.getByText('<b id="window">').waitFor()
  await steps.getByText('Image: a picture https://elsewhere.example/2.png').waitFor()
  await expect.poll(() => steps.locator('img, script, b, a, [id]').count()).toBe(0)
  const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  expect(asked.filter((url) => !url.startsWith(host.url))).toEqual([])
  expectNoFaults(window)
})

test('a hidden character is shown and told of, as itself and as an entity', async () => {
  await using window = await openWindow(
    saying('if (isAdmin) ⟪U+202E⟫ begin', 'then &#x202E;**this** &rlm; [a](https://example.org/?&#x200B;)'),
    {},
    `#task/${running}?tab=steps`,
  )
  const { page } = window
  await page.getByRole('alert').getByText('What the agent wrote has hidden characters').waitFor()
  await page.getByRole('alert').getByText('This text has hidden characters').waitFor()
  const shown = page.getByRole('region', { name: 'Steps' }).locator('.hidden-mark')
  await expect.poll(() => shown.allTextContents()).toEqual(['⟪U+202E⟫', '⟪U+202E⟫', '⟪U+200F⟫'])
  await expect.poll(() => page.locator('.steps').textContent()).not.toMatch(/[\u202e\u200f\u200b]/)
  expectNoFaults(window)
})

test('in the app, which opens nothing, a link gives its address to the clipboard', async () => {
  const scene = onDesktop(saying('See [the guide](https://docs.example.org/retry).'))
  await using window = await openWindow(scene, {}, `#task/${running}?tab=steps`)
  const { page } = window
  await page.getByRole('button', { name: 'the guide (docs.example.org)' }).click()
  await page.getByText('Address copied').waitFor()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('https://docs.example.org/retry')
})

const views: readonly (readonly [string, Scene, string])[] = [
  ['slots', calmScene, '#slots'],
  ['slots with a queue', busyScene, '#slots'],
  ['what needs the user', conflictScene, '#conflicts'],
  ['history', historyScene, '#history'],
  ['repositories', busyScene, '#repositories'],
  ['a task', busyScene, `#task/${running}`],
  ['a review', reviewScene, `#review/${idOf(0xd1)}`],
]

test.for(views)('a title in letters from the right is set apart in %s', async ([, scene, hash]) => {
  const title = 'שלום fix'
  const tasks = scene.snapshot.tasks.map((task) => ({ ...task, title }))
  await using window = await openWindow({ ...scene, snapshot: { ...scene.snapshot, tasks } }, {}, hash)
  const { page } = window
  await page.getByText(title).first().waitFor()
  const ways = await page.evaluate((wanted) => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    while (walk.nextNode()) {
      const { parentElement: parent, textContent } = walk.currentNode
      if (parent && textContent?.includes(wanted)) found.push(getComputedStyle(parent).unicodeBidi)
    }
    return found
  }, title)
  expect(new Set(ways)).toEqual(new Set(['isolate']))
})
