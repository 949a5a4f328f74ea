import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changedFiles } from '../../../main/git/changes/changed-files.ts'
import { listCommits } from '../../../main/git/changes/list-changes.ts'
import { readSubjects } from '../../../main/git/changes/read-subjects.ts'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { commitMany } from '../../support/git/commit-many.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const names = (count: number, name: (n: number) => string) => Array.from({ length: count }, (_, n) => name(n))
const long = (n: number) => `${n}/${Array.from({ length: 19 }, () => 'x'.repeat(208)).join('/')}`

async function repository() {
  const repo = await temporaryFolder()
  await makeRepository(repo)
  return { repo, start: await gitIn(repo, ['rev-parse', 'HEAD']) }
}

test.each([
  ['30,000 names', 30_000, (n: number) => `${n}`, 10_000],
  ['names of 4,000 bytes', 1_000, long, 263],
])(
  'a task that changed %s has some of them in its record, and how many more there are',
  async (_what, count, name, kept) => {
    const { repo, start } = await repository()
    const commit = await commitMany(repo, names(count, name), 'x\n')
    const { files, more } = await changedFiles({ cwd: repo, trust: 'user' }, start, commit)
    expect(files).toHaveLength(kept)
    expect(files).toEqual(files.toSorted())
    expect(more).toBe(count - kept)
  },
)

test.each([
  ['2,000 names', 2_000, (n: number) => `${n}.txt`, 200],
  ['names of 4,000 bytes', 50, long, 4],
])(
  'a merge that collides in %s names some of them, and says how many more there are',
  async (_what, count, name, kept) => {
    const { repo } = await repository()
    const all = names(count, name)
    const from = 'refs/heads/base'
    const startCommit = await commitMany(repo, all, 'base\n', { ref: from })
    await commitMany(repo, all, 'ours\n', { ref: 'refs/heads/side', from })
    const commit = await commitMany(repo, all, 'theirs\n', { ref: 'refs/tasks/a1b2c3d4', from })
    const outcome = await mergeWork({ repoPath: repo, taskId: 'a1b2c3d4', startCommit, branch: 'side', commit })
    expect(outcome).toMatchObject({
      kind: 'unmerged',
      reason: 'conflicts',
      files: { length: kept },
      more: count - kept,
    })
  },
)

test('of subjects and names as long as a commit may be the beginnings are read', async () => {
  const { repo, start } = await repository()
  const word = 'Ünlimited '
  const subject = word.repeat(80_000)
  const tree = await gitIn(repo, ['rev-parse', 'HEAD^{tree}'])
  let to = start
  for (let n = 0; n < 150; n += 1) {
    const body = `tree ${tree}\nparent ${to}\nauthor ${word.repeat(1_000)} <a@x> ${n} +0000\ncommitter C <c@x> 0 +0000\n\n${subject}\n`
    await writeFile(join(repo, '.git', 'body'), body)
    to = await gitIn(repo, ['hash-object', '-t', 'commit', '-w', join(repo, '.git', 'body')])
  }
  const range = { repoPath: repo, from: start, to }
  const lines = await listCommits(range, 1_000)
  expect(lines).toHaveLength(150)
  for (const { author, subject } of lines)
    for (const text of [author, subject]) expect(text).toMatch(/^(Ünlimited ){48}.{0,20}$/)
  expect(await readSubjects(repo, range)).toEqual(lines.map((line) => line.subject))
})
