import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listChanges, listCommits } from '../../../main/git/changes/list-changes.ts'
import { readDiff } from '../../../main/git/changes/read-diff.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { commitFiles, gitIn, makeRepository, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const lines = (count: number, mark = '') => Array.from({ length: count }, (_, at) => `line ${at}${mark}\n`).join('')

async function twoCommits() {
  const repoPath = await temporaryFolder()
  const from = await makeRepository(repoPath, {
    files: {
      'kept.txt': lines(30),
      'moved.txt': lines(20),
      'gone.txt': 'bye\n',
      'picture.bin': new Uint8Array([0, 1]),
    },
  })
  const to = await commitFiles(
    repoPath,
    {
      'kept.txt': lines(30).replace('line 15\n', 'line fifteen\n'),
      'moved.txt': null,
      'über/moved.txt': lines(20),
      'gone.txt': null,
      'new\nline.txt': 'one\ntwo',
      'picture.bin': new Uint8Array([0, 1, 2]),
    },
    'Change much',
  )
  return { repoPath, from, to }
}

test('changes tell what happened to each file, moves and names with line breaks too', async () => {
  const range = await twoCommits()
  const changes = await listChanges(range)
  expect(changes.map(({ oldBlob, newBlob, ...rest }) => rest)).toEqual([
    { path: 'gone.txt', oldPath: null, status: 'deleted', added: 0, removed: 1, binary: false },
    { path: 'kept.txt', oldPath: null, status: 'modified', added: 1, removed: 1, binary: false },
    { path: 'new⟪U+000A⟫line.txt', oldPath: null, status: 'added', added: 2, removed: 0, binary: false },
    { path: 'picture.bin', oldPath: null, status: 'modified', added: 0, removed: 0, binary: true },
    { path: 'über/moved.txt', oldPath: 'moved.txt', status: 'renamed', added: 0, removed: 0, binary: false },
  ])
  expect(await listCommits(range, 10)).toEqual([
    { id: range.to, subject: 'Change much', author: 'Ada Author', at: '2023-11-14T23:13:20+01:00' },
  ])
})

test('diffs show the lines of a change, an addition and a deletion, and the sizes of what is no text', async () => {
  const range = await twoCommits()
  const changes = new Map((await listChanges(range)).map((change) => [change.path, change]))
  const diff = async (path: string) => {
    const change = changes.get(path)
    if (!change) throw new Error(`no change of ${path}`)
    return await readDiff(range, change)
  }
  expect(await diff('kept.txt')).toMatchObject({
    kind: 'text',
    hunks: [
      {
        oldStart: 13,
        newStart: 13,
        lines: [
          { kind: ' ', text: 'line 12' },
          { kind: ' ', text: 'line 13' },
          { kind: ' ', text: 'line 14' },
          { kind: '-', text: 'line 15' },
          { kind: '+', text: 'line fifteen' },
          { kind: ' ', text: 'line 16' },
          { kind: ' ', text: 'line 17' },
          { kind: ' ', text: 'line 18' },
        ],
      },
    ],
  })
  expect(await diff('new⟪U+000A⟫line.txt')).toMatchObject({
    hunks: [{ oldStart: 0, newStart: 1, lines: [{ kind: '+', text: 'one' }, { text: 'two' }] }],
  })
  expect(await diff('gone.txt')).toMatchObject({ hunks: [{ lines: [{ kind: '-', text: 'bye' }] }] })
  expect(await diff('picture.bin')).toEqual({ kind: 'binary', oldBytes: 2, newBytes: 3 })
  expect(await diff('über/moved.txt')).toEqual({ kind: 'text', hunks: [] })
})

test('a diff has all lines, leaves out what differs in blanks alone, and has pictures, where that is wished', async () => {
  const repoPath = await temporaryFolder()
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAEElEQVR4nGNgYGD4D8UQGgAV7AT8pVq5QgAAAABJRU5ErkJggg==',
    'base64',
  )
  const from = await makeRepository(repoPath, { files: { 'a.txt': lines(30), 'blank.txt': 'a  b\n' } })
  await writeFile(join(repoPath, 'b.png'), png)
  await writeFile(join(repoPath, 'c.png'), '<svg>\0</svg>')
  const to = await commitFiles(repoPath, { 'a.txt': `${lines(30)}more\n`, 'blank.txt': '\ta b\n' })
  const range = { repoPath, from, to }
  const changes = new Map((await listChanges(range)).map((change) => [change.path, change]))
  const diff = async (path: string, wish = {}) => {
    const change = changes.get(path)
    if (!change) throw new Error(`no change of ${path}`)
    return await readDiff(range, change, wish)
  }
  const few = await diff('a.txt')
  const all = await diff('a.txt', { whole: true })
  expect(few.kind === 'text' && few.hunks[0]?.lines).toHaveLength(4)
  expect(all.kind === 'text' && all.hunks[0]?.lines).toHaveLength(31)
  expect(await diff('blank.txt')).toMatchObject({ hunks: [{ lines: [{ kind: '-' }, { kind: '+' }] }] })
  expect(await diff('blank.txt', { ignoreSpace: true })).toEqual({ kind: 'text', hunks: [] })
  expect(await diff('b.png')).toEqual({ kind: 'binary', oldBytes: null, newBytes: png.length })
  const after = { type: 'image/png', width: 2, height: 3, data: png.toString('base64') }
  expect(await diff('b.png', { pictures: true })).toMatchObject({ pictures: { before: null, after } })
  // Whatever its name says.
  expect(await diff('c.png', { pictures: true })).toEqual({ kind: 'binary', oldBytes: null, newBytes: 12 })
})

test('a diff of more than anybody reads is told by its size', async () => {
  const repoPath = await temporaryFolder()
  const from = await makeRepository(repoPath)
  const to = await commitFiles(repoPath, { 'long.txt': lines(20_001) })
  const [change] = await listChanges({ repoPath, from, to })
  if (!change) throw new Error('nothing changed')
  expect(await readDiff({ repoPath }, change)).toEqual({ kind: 'too-large', lines: 20_001 })
})

test('nothing that attributes and configuration name is executed for a diff', async () => {
  const repoPath = await temporaryFolder()
  const marker = join(await temporaryFolder(), 'executed')
  const from = await makeRepository(repoPath, { files: { 'a.txt': 'one\n' } })
  const to = await commitFiles(repoPath, { 'a.txt': 'two\n', '.gitattributes': '*.txt diff=evil\n' })
  await gitIn(repoPath, ['config', 'diff.evil.textconv', `touch ${marker}; cat`])
  await gitIn(repoPath, ['config', 'diff.evil.command', `touch ${marker}`])
  await gitIn(repoPath, ['config', 'diff.external', `touch ${marker}; true`])
  await writeFiles(repoPath, { '.git/info/attributes': '*.txt diff=evil\n' })
  await gitIn(repoPath, ['diff', from, to]) // So that the trap is known to work.
  expect(await pathExists(marker)).toBe(true)
  await rm(marker)
  const changes = await listChanges({ repoPath, from, to })
  for (const change of changes) await readDiff({ repoPath }, change)
  expect(changes).toHaveLength(2)
  expect(await pathExists(marker)).toBe(false)
})
