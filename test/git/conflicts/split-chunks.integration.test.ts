import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { composeChunks, type HunkPick } from '../../../main/core/merge/conflicts.ts'
import { splitChunks } from '../../../main/git/conflicts/split-chunks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const line = fc.constantFrom('a', 'b', 'c', 'd', '=======', '<<<<<<< ours', '>>>>>>> theirs', '========', '')
const file = fc.record({ lines: fc.array(line, { maxLength: 8 }), end: fc.boolean() })
const eol = fc.constantFrom('\n', '\r\n')

/** What `git merge-file` itself makes of one choice for all hunks. */
async function byGit(folder: string, option: string, sides: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(sides)) await writeFile(join(folder, name), text)
  const { stdout } = await promisify(execFile)('git', ['merge-file', '-p', option, 'ours', 'base', 'theirs'], {
    cwd: folder,
  })
  return stdout
}

test('the pieces, joined by one pick for all, are what git merge-file makes of it', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder()
  let conflicts = 0
  await fc.assert(
    fc.asyncProperty(file, file, file, eol, async (base, ours, theirs, end) => {
      const text = (it: typeof base) => it.lines.join(end) + (it.end && it.lines.length > 0 ? end : '')
      const sides = { base: text(base), ours: text(ours), theirs: text(theirs) }
      const chunks = await splitChunks(sides)
      const count = chunks.filter(({ kind }) => kind === 'conflict').length
      conflicts += count
      const composed = (pick: HunkPick) => composeChunks(chunks, Array(count).fill(pick))
      expect(composed('ours')).toBe(await byGit(folder, '--ours', sides))
      expect(composed('theirs')).toBe(await byGit(folder, '--theirs', sides))
    }),
    { numRuns: 150 },
  )
  expect(conflicts).toBeGreaterThan(50)
})

test('both sides in either order, neither, or what was before', () => {
  const chunks = [
    { kind: 'merged', text: 'head\n' },
    { kind: 'conflict', base: 'x\n', ours: 'one', theirs: 'two\n' },
  ] as const
  const of = (pick: HunkPick) => composeChunks(chunks, [pick])
  expect(of('ours-theirs')).toBe('head\none\ntwo\n')
  expect(of('theirs-ours')).toBe('head\ntwo\none')
  expect(of('neither')).toBe('head\n')
  expect(of('base')).toBe('head\nx\n')
  expect(composeChunks(chunks, [])).toBeUndefined()
  expect(composeChunks(chunks, ['ours', 'ours'])).toBeUndefined()
})
