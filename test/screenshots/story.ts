import { bash, type Script, say, sequence, use } from '../support/claude/scripted-turn.ts'

/** The files of two repositories, and what agents do in them, for pictures. */
export const billing: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "billing-api", "type": "module", "scripts": { "test": "node --test" } }\n',
  'src/sender.js': `import { post } from './http.js'

/** Sends an event to its receiver. */
export async function send(event) {
  const response = await post(event.url, event.body)
  if (!response.ok) throw new Error('webhook failed: ' + response.status)
  return response
}
`,
  'src/http.js': 'export const post = (url, body) => fetch(url, { method: "POST", body })\n',
}

export const storefront: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "storefront", "type": "module", "scripts": { "test": "node --test" } }\n',
  'src/cart.js': 'export const total = (items) => items.reduce((sum, item) => sum + item.cents, 0)\n',
  'src/price.js': "export const shown = (cents) => cents / 100 + ' €'\n",
}

const at =
  (file: string, act: (path: string) => ReturnType<Script>): Script =>
  ({ directory }) =>
    act(`${directory}/${file}`)

const commit =
  (message: string): Script =>
  () =>
    bash(`git add -A && git commit -qm '${message}' && git log --oneline | head -3`)

/** The agents' part, by the names that the texts of the tasks have. */
export const scripts: Readonly<Record<string, Script>> = {
  retry: sequence(
    at('src/sender.js', (path) => use('Read', { file_path: path }, 'I look at how webhooks are sent.')),
    at('src/retry.js', (path) =>
      use('Write', {
        file_path: path,
        content: `/** Tries up to five times, each wait twice as long as the one before. */
export async function retry(attempt, { attempts = 5, baseMs = 200 } = {}) {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number)
    } catch (error) {
      if (number >= attempts) throw error
      await new Promise((resolve) => setTimeout(resolve, baseMs * 2 ** number))
    }
  }
}
`,
      }),
    ),
    commit('Retry with backoff'),
    at('src/sender.js', (path) =>
      use('Edit', {
        file_path: path,
        old_string: `  const response = await post(event.url, event.body)
  if (!response.ok) throw new Error('webhook failed: ' + response.status)
  return response`,
        new_string: `  return await retry(async (number) => {
    const response = await post(event.url, event.body)
    if (!response.ok) throw new Error(\`webhook failed at attempt \${number}: \${response.status}\`)
    return response
  })`,
      }),
    ),
    at('src/sender.js', (path) =>
      use('Edit', {
        file_path: path,
        old_string: "import { post } from './http.js'\n",
        new_string: "import { post } from './http.js'\nimport { retry } from './retry.js'\n",
      }),
    ),
    commit('Send webhooks up to five times'),
    () => say('Webhooks are tried up to five times, and the error says at which attempt it failed.'),
  ),
  round: sequence(
    at('src/price.js', (path) => use('Read', { file_path: path })),
    at('src/price.js', (path) =>
      use('Edit', {
        file_path: path,
        old_string: "cents / 100 + ' €'",
        new_string: 'new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100)',
      }),
    ),
    commit('Write prices as the locale does'),
    () => say('Prices are written as the locale does.'),
  ),
  document: sequence(
    at('README.md', (path) => use('Write', { file_path: path, content: '# Storefront\n\nPrices are in cents.\n' })),
    commit('Say what the figures mean'),
    () => say('The README says what the figures mean.'),
  ),
  long: sequence(
    at('src/cart.js', (path) =>
      use('Read', { file_path: path }, 'I start with the cart, since every price goes through it.'),
    ),
    () => use('Grep', { pattern: 'cents', path: 'src' }),
    at('src/cart.test.js', (path) =>
      use('Write', {
        file_path: path,
        content: `import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { total } from './cart.js'

test('the total of a cart is the sum of its items', () => equal(total([{ cents: 5 }, { cents: 7 }]), 12))
`,
      }),
    ),
    () => bash('npm test 2>&1 | tail -20', 'The sum has a test now. I run it.'),
    () => bash('npm test -- --watch'),
  ),
}

/** In the order in which they are asked for. */
export const tasks: readonly { readonly script: string; readonly repo: string; readonly title: string }[] = [
  { script: 'retry', repo: 'billing-api', title: 'Retry webhooks that fail, with backoff' },
  { script: 'round', repo: 'storefront', title: 'Write prices as the locale does' },
  { script: 'document', repo: 'storefront', title: 'Say in the README what the figures mean' },
  { script: 'long', repo: 'billing-api', title: 'Log each attempt with its request id' },
  { script: 'long', repo: 'billing-api', title: 'Reject webhooks to private addresses' },
  { script: 'long', repo: 'storefront', title: 'Cover the cart with tests' },
]
