import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findMarkers, findMarkersIn } from '../../../main/git/survey/find-markers.ts'
import { commitMany } from '../../support/git/commit-many.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { commitFiles, type Files, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const markers = '<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n'
const numbered = (count: number, content: (n: number) => string): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${String(n).padStart(3, '0')}.md`, content(n)]))

async function scene() {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  return { folder, repo }
}

test('a marker in the 150th file with such lines is found at the end of a task, and by a look at its ref', async () => {
  const { folder, repo } = await scene()
  // Those before it had markers at the start, and get one more.
  await commitFiles(
    repo,
    numbered(149, () => markers),
  )
  const task = await startTask(repo, folder)
  await commitFiles(task.workspace, { ...numbered(149, () => `${markers}${markers}`), 'zzz.md': markers })
  const work = await task.salvage()
  expect(work.left).toEqual({ operation: null, files: ['zzz.md'] })
  const { startCommit: from } = task
  expect(await findMarkersIn({ repoPath: repo, from, to: work.commit, before: [from] })).toEqual({ files: ['zzz.md'] })
})

test.each([
  ['files', { count: 10, bytes: 10_000 }],
  ['bytes of their names', { count: 10_000, bytes: 60 }],
])(
  'where the limit on %s is met, what is found is named, and the work is never called free of markers',
  async (_what, limits) => {
    const { repo } = await scene()
    const from = await commitFiles(
      repo,
      numbered(20, () => markers),
    )
    const to = await commitFiles(repo, { ...numbered(20, () => `${markers}${markers}`), 'zzz.md': markers })
    const call = { cwd: repo, trust: 'none' } as const
    expect(await findMarkers({ from, to, before: [from] }, call, undefined, limits)).toEqual({
      files: [],
      isPartial: true,
    })
    expect(await findMarkers({ from, to, before: [from] }, call)).toEqual({ files: ['zzz.md'] })
  },
)

test.each([
  ['21,000 names', 21_000, (n: number) => `${n}.md`, { files: { length: 200 }, isPartial: true }],
  ['names of 4,000 bytes', 1_000, longName, { files: { length: 4 }, more: 996 }],
])('of %s with markers some are named, and none is lost count of', async (_what, count, name, expected) => {
  const { repo } = await scene()
  const from = await gitIn(repo, ['rev-parse', 'HEAD'])
  const to = await commitMany(
    repo,
    Array.from({ length: count }, (_, n) => name(n)),
    markers,
  )
  expect(await findMarkersIn({ repoPath: repo, from, to, before: [from] })).toMatchObject(expected)
})

test('half of a pair, with the line ends of Windows, is a marker; a longer or an indented row is text', async () => {
  const { repo } = await scene()
  const from = await gitIn(repo, ['rev-parse', 'HEAD'])
  const to = await commitFiles(repo, {
    'half.txt': 'a\r\n>>>>>>>\r\nb\r\n',
    'text.txt': ' <<<<<<< a\n>>>>>>>> b\n<<<<<<<c\n',
  })
  expect(await findMarkersIn({ repoPath: repo, from, to, before: [from] })).toEqual({ files: ['half.txt'] })
})

function longName(n: number): string {
  return `${n}/${Array.from({ length: 19 }, () => 'x'.repeat(208)).join('/')}.md`
}
