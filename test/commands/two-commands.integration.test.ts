import { expect, test } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { statusOf, subjectsOf } from '../support/git/repositories.ts'
import { besideNodeProject } from '../support/node-project.ts'

test('from a clone of a Node project without a flake to a merged task it is two commands', async () => {
  const { home, clone } = await besideNodeProject()
  const allowed = await runCommand(['allow', '.'], { home, cwd: clone })
  expect(allowed).toMatchObject({ exitCode: 0, stdout: 'Registered: shop\n' })
  expect(allowed.stderr).toContain('Tasks of shop work in tools that its files ask for: Node 24')
  expect(await runCommand(['run', 'shop', 'Do it'], { home, cwd: clone })).toMatchObject({ exitCode: 0 })
  await expect.poll(() => subjectsOf(clone, 'main')).toEqual(['Do it', 'Start'])
  await expect.poll(() => statusOf(clone)).toBe('')
})
