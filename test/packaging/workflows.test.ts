import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = join(import.meta.dirname, '../../.github/workflows')

const workflows = async () =>
  Promise.all((await readdir(folder)).map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })))

/** Of one job: from its name to the next one. */
async function job(name: string): Promise<string> {
  const text = await readFile(join(folder, 'test.yml'), 'utf8')
  const found = new RegExp(`^  ${name}:\\n((?:    .*\\n|\\s*\\n|  #.*\\n)*)`, 'm').exec(text)?.[1]
  if (found === undefined) throw new Error(`no job ${name}`)
  return found
}

test('every action is pinned by a whole commit, with its version beside it', async () => {
  const uses = (await workflows()).flatMap(({ text }) => [...text.matchAll(/uses:\s*(.*)/g)].map(([, used]) => used))
  expect(uses.length).toBeGreaterThan(10)
  for (const used of uses) expect(used).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+/)
})

test('no workflow may write but the one that makes a release', async () => {
  for (const { name, text } of await workflows()) {
    expect(text, name).toMatch(/^permissions:\n {2}contents: read$/m)
    if (name !== 'release.yml') expect(text, name).not.toMatch(/:\s*write\b/)
  }
})

test('the packed app of a Mac is verified, and started with its command line, once it is packed', async () => {
  const steps = await job('mac')
  const order = [
    'npm run dist',
    'codesign --verify --deep --strict',
    'bin/microvm-orchestrator" list',
    'kill -0 "$pid"',
  ]
  const places = order.map((step) => steps.indexOf(step))
  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})

test("a Mac takes the guest's parts from the cache, also those that nix would rather build itself", async () => {
  expect(await job('mac')).toContain('--option always-allow-substitutes true')
})

test('the tests run on Node 24 and on the LTS after it', async () => {
  expect(await job('node')).toMatch(/node: \[24, lts\/\*\]/)
  expect(await job('node')).toMatch(/node-version: \$\{\{ matrix\.node \}\}/)
})

test('a release has the app for each system, by which installed ones are updated, and what Homebrew is told of it', async () => {
  const release = (await workflows()).find(({ name }) => name === 'release.yml')?.text ?? ''
  const order = [
    'packaging/released-images.ts',
    'packaging/vfkit.ts',
    'npm run dist -- ',
    'dist/packed/*-mac.yml',
    'needs: [image, app]',
    'packaging/homebrew.ts',
    'app/*',
  ]
  const places = order.map((step) => release.indexOf(step))
  expect(places.every((place) => place >= 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
})
