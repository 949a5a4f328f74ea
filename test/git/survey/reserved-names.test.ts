import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { boundedNotes } from '../../../main/git/salvage/bounded-notes.ts'
import { readIndex } from '../../../main/git/survey/read-index.ts'
import { reservedIn, reservedName } from '../../../main/git/survey/reserved-names.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

test.each([
  ['.git', '.git'],
  ['.GIT', '.git'],
  ['git~1', '.git'],
  ['GIT~2', '.git'],
  ['.git ', '.git'],
  ['.git...', '.git'],
  ['.git::$INDEX_ALLOCATION', '.git'],
  ['.g\u200cit', '.git'],
  ['\ufeff.git', '.git'],
  ['.\u00ad\u2060git', '.git'],
  ['.microvm', '.microvm'],
  ['.MicroVM', '.microvm'],
  ['.microvm.', '.microvm'],
  ['.microvm:stream', '.microvm'],
  ['MICROV~1', '.microvm'],
  ['.micro\u200dvm', '.microvm'],
  ['.microvm\ufe0f', '.microvm'],
  ['.\uff4dicrovm', '.microvm'],
  ['.micro\u{e0020}vm', '.microvm'],
  ['.github', undefined],
  ['.gitignore', undefined],
  ['.microvm-orchestrator', undefined],
  ['microvm', undefined],
  ['git', undefined],
  ['größe', undefined],
])('a name that some file system folds onto a reserved one is known: %j', (name, reserved) => {
  expect(reservedName(latin1(name))).toBe(reserved)
})

test('any part of a path counts, also after a backslash', () => {
  expect(reservedIn('a/b/.MICROVM/tasks')).toBe('.microvm')
  expect(reservedIn('a\\.git\\config')).toBe('.git')
  expect(reservedIn('a/b.git/c')).toBeUndefined()
})

test('notes are few, short, each once and without line breaks', () => {
  const notes = boundedNotes([
    'same',
    'same',
    `a\nb\u0007${'x'.repeat(5_000)}`,
    ...Array.from({ length: 1_000 }, (_, n) => `note ${n}`),
  ])
  expect(notes).toHaveLength(41)
  expect(notes.at(-1)).toBe('962 more notes were left out')
  expect(notes.join('').length).toBeLessThan(20_000)
  expect(notes[1]).toMatch(/^a b x+…$/)
})

test('an index of each version says what git was told not to watch, and one that is cut says nothing', async () => {
  const repo = await temporaryFolder()
  await makeRepository(repo, { files: { a: '1', 'dir/b': '2', 'dir/c': '3', größe: '4' } })
  await gitIn(repo, ['update-index', '--assume-unchanged', 'a'])
  await gitIn(repo, ['update-index', '--skip-worktree', 'dir/b'])
  for (const version of ['2', '3', '4']) {
    // Version 2 has no room for skip-worktree: git writes 3 instead.
    await gitIn(repo, ['update-index', '--index-version', version, '--force-write-index'])
    const bytes = await readFile(join(repo, '.git/index'))
    const hints = readIndex(bytes, 'sha1')
    expect([...(hints?.paths ?? [])]).toEqual(['a', 'dir/b', 'dir/c', 'flake.nix', latin1('größe')])
    expect([...(hints?.assumed ?? [])]).toEqual(['a'])
    expect([...(hints?.skipped ?? [])]).toEqual(['dir/b'])
    expect(hints).toMatchObject({ isDoubtful: false, skippedFolders: [] })
    for (let length = 0; length < bytes.length; length += 7) readIndex(bytes.subarray(0, length), 'sha1')
  }
  expect(readIndex(Buffer.from('DIRC and nothing more than that, really'), 'sha1')).toBeUndefined()
})
