import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly link?: boolean
  readonly cpu?: readonly string[]
  readonly os?: readonly string[]
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, '../..', name), 'utf8'))
const { packages, lockfileVersion } = read('package-lock.json') as {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, Entry>>
}
const entries = Object.entries(packages).filter(([path]) => path !== '')

/**
 * Biome's builds for other systems. The registry with which the lock file was made does not carry them, so their hashes are not
 * known; npm installs none of them where this one is enough, and they are for development alone.
 */
const withoutHash = [
  'android-arm64',
  'android-x64',
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-musl',
  'linux-x64-musl',
  'win32-arm64',
  'win32-x64',
].map((system) => `node_modules/@biomejs/cli-${system}`)

test('every package of the lock file has its SHA-512, but for builds of the linter for other systems', () => {
  expect(lockfileVersion).toBe(3)
  expect(entries.length).toBeGreaterThan(100)
  const missing = entries.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))
  expect(missing.map(([path]) => path).sort()).toEqual(withoutHash)
  expect(missing.every(([, { dev }]) => dev)).toBe(true)
})

test('every package comes from the npm registry, and none from a folder, a link or git', () => {
  const elsewhere = entries.filter(
    ([, { version, resolved, link }]) =>
      link || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '') || !(resolved ?? registry).startsWith(registry),
  )
  expect(elsewhere).toEqual([])
})

const registry = 'https://registry.npmjs.org/'

test('the program needs no package that runs a script when it is installed', () => {
  const scripts = entries.filter(([, { hasInstallScript, dev }]) => hasInstallScript && !dev)
  expect(scripts).toEqual([])
})

test('every package that is asked for is asked for by its exact version', () => {
  const { dependencies, devDependencies, optionalDependencies } = read('package.json') as Record<
    string,
    Record<string, string>
  >
  const asked = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
  expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})
