import { expect, test } from 'vitest'
import { alsoPrefix, taskRef } from '../../../main/core/merge/merge.ts'
import { resolveText } from '../../../main/core/merge/resolve-text.ts'

const sides = { branch: 'main', description: 'One\nTwo', taskCommits: ['Add a'], branchCommits: [], files: ['a.txt'] }
const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`)

test('an agent that is to bring two histories together is told of both, and of very long lists the first hundred', () => {
  const text = resolveText(sides)
  expect(text).toContain('> One\n> Two\n')
  expect(text).toContain('- Add a\n')
  expect(text).toMatch(/since the task began, oldest first:\n\(none\)\n$/)
  expect(resolveText({ ...sides, files: lines(100) })).toMatch(/- line 99\n\nWhat|- line 99\nWhat/)
  expect(resolveText({ ...sides, files: lines(101) })).toMatch(/- line 99\n- and 1 more\n/)
  expect(resolveText({ ...sides, files: ['x'.repeat(301)] })).toMatch(/- x{300}\n/)
  const long = resolveText({ ...sides, description: `${'🐚'.repeat(30_000)}x` })
  expect(long.endsWith('(none)\n')).toBe(true)
  expect(long).toContain('\n> [cut]\n')
  expect(resolveText({ ...sides, description: 'x'.repeat(60_000) })).not.toContain('[cut]')
  expect(resolveText({ ...sides, description: `x${'🐚'.repeat(30_000)}` }).isWellFormed()).toBe(true)
})

test('what a task left beside its line lies below a name that no task has', () => {
  expect([taskRef('a1b2c3d4'), alsoPrefix('a1b2c3d4')]).toEqual(['refs/tasks/a1b2c3d4', 'refs/tasks/a1b2c3d4.also/'])
})
