import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheDirectory, homeDirectory } from '../../../main/lib/files/paths.ts'

const named = (path: string): string => homeDirectory({ MICROVM_ORCHESTRATOR_HOME: path })

test('a home that no shell has read is expanded as a shell would', () => {
  expect(named('~/x')).toBe(join(homedir(), 'x'))
  expect(named('~')).toBe(homedir())
  expect(named('/srv/a/../b/')).toBe('/srv/b')
  expect(named('')).toBe(join(homedir(), '.microvm-orchestrator'))
  expect(cacheDirectory({ XDG_CACHE_HOME: '~/c' })).toBe(join(homedir(), 'c', 'microvm-orchestrator'))
})

test.each(['~other/x', '~other', '$HOME/x', 'x', './x', '"/srv/x"', ' /srv/x'])(
  'a home that would mean another folder for each command is refused: %s',
  (path) => {
    expect(() => named(path)).toThrow(`MICROVM_ORCHESTRATOR_HOME is no absolute path: ${path}`)
    expect(() => cacheDirectory({ XDG_CACHE_HOME: path })).toThrow('XDG_CACHE_HOME is no absolute path')
  },
)
