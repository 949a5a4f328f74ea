import { existsSync } from 'node:fs'
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openQuarantine } from '../../../main/git/merge/quarantine.ts'
import { publishBranch } from '../../../main/git/publish/publish-branch.ts'
import { parsePrograms } from '../../../main/git/publish/user-programs.ts'
import { taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf, subjectsOf } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function project() {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  return { folder, repo, start: await makeRepository(repo, { files: { 'a.txt': 'a\n' } }) }
}

test('a branch that moved since it was looked at is left alone, and so are its files', async () => {
  const { folder, repo, start } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
  const { commit } = await task.salvage()
  const moved = await commitFiles(repo, { 'b.txt': 'user\n' })
  await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
  const checkout = { path: repo, gitDirectory: join(repo, '.git') }
  const repository = { path: repo, commonDirectory: join(repo, '.git'), objectFormat: 'sha1' } as const
  const move = { branch: 'main', checkout, from: start, to: commit, reason: 'test' }
  const request = { ...repository, ...move, quarantine, programs: parsePrograms('') }
  expect(await publishBranch({ ...request, forget: null })).toEqual({ kind: 'moved' })
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(moved)
  expect(await statusOf(repo)).toBe('')
  expect(existsSync(join(repo, '.git/refs/heads/main.lock'))).toBe(false)
})

test('a reference that moved since is not forgotten, and the branch is published all the same', async () => {
  const { folder, repo, start } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
  const { commit } = await task.salvage()
  await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
  const checkout = { path: repo, gitDirectory: join(repo, '.git') }
  const repository = { path: repo, commonDirectory: join(repo, '.git'), objectFormat: 'sha1' } as const
  const move = { branch: 'main', checkout, from: start, to: commit, reason: 'test' }
  const request = { ...repository, ...move, quarantine, programs: parsePrograms('') }
  const forget = { ref: `refs/tasks/${task.id}`, commit: start }
  expect(await publishBranch({ ...request, forget })).toEqual({ kind: 'published', notes: [] })
  expect(await gitIn(repo, ['rev-parse', 'main', `refs/tasks/${task.id}`])).toBe(`${commit}\n${commit}`)
  expect(await statusOf(repo)).toBe('')
})

test.each(['not moved', 'moved'])(
  'a file whose time alone has changed is not in the way of a branch that has %s',
  async (moved) => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
    if (moved === 'moved') await commitFiles(repo, { 'b.txt': 'user\n' })
    await utimes(join(repo, 'a.txt'), 1, 1)
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    expect(await statusOf(repo)).toBe('')
  },
)

test('an index that another git process holds for a moment is waited for', async () => {
  const { folder, repo } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
  const lock = join(repo, '.git/index.lock')
  await writeFile(lock, '')
  const merging = task.merge()
  // Released only when the merge has begun.
  const begun = async () => (await readdir(join(repo, '.git/objects'))).some((name) => name.startsWith('tmp_objdir-'))
  while (!(await begun())) await new Promise((resolve) => setTimeout(resolve, 1))
  await rm(lock)
  expect(await merging).toMatchObject({ kind: 'merged' })
  expect(await statusOf(repo)).toBe('')
})

test('an index that stays locked is an operation in progress, and the branch has not moved', async () => {
  const { folder, repo, start } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
  await writeFile(join(repo, '.git/index.lock'), '')
  expect(await task.merge()).toMatchObject({ kind: 'unmerged', reason: 'operation_in_progress' })
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(start)
  expect(await readFile(join(repo, 'a.txt'), 'utf8')).toBe('a\n')
  await rm(join(repo, '.git/index.lock'))
  expect(await statusOf(repo)).toBe('')
  expect(await task.merge()).toMatchObject({ kind: 'merged' })
})

test('a user who commits while tasks are merged loses nothing, and neither do the tasks', async () => {
  const { folder, repo } = await project()
  const ids = ['00000001', '00000002', '00000003', '00000004']
  const tasks = await Promise.all(
    ids.map((id) => taskWithCommit(repo, folder, { [`task-${id}`]: id }, { id, message: `Task ${id}` })),
  )
  let committed = 0
  let going = true
  const user = (async () => {
    while (going) {
      const message = `User ${committed}`
      await writeFile(join(repo, 'user.txt'), message)
      try {
        await gitIn(repo, ['add', 'user.txt'])
        await gitIn(repo, ['commit', '--quiet', '--message', message, '--', 'user.txt'])
        committed += 1
      } catch (error) {
        // The merge held the lock: a user would try again.
        expect(String(error)).toMatch(/lock|nothing to commit|is at .* but expected/)
      }
    }
  })()
  const outcomes = await Promise.all(tasks.map((task) => task.merge()))
  going = false
  await user
  const reasons = outcomes.map((outcome) => (outcome.kind === 'unmerged' ? outcome.reason : outcome.kind))
  const merged = ids.filter((_, index) => reasons[index] === 'merged')
  // Losing the race twice is an answer, too; what was said to be merged is there, and the user's commits all are.
  expect(reasons.filter((reason) => !['merged', 'branch_moved', 'operation_in_progress'].includes(reason))).toEqual([])
  const subjects = await subjectsOf(repo)
  expect(subjects.filter((subject) => subject.startsWith('Task')).sort()).toEqual(merged.map((id) => `Task ${id}`))
  expect(subjects.filter((subject) => subject.startsWith('User'))).toHaveLength(committed)
  for (const id of merged) expect(await readFile(join(repo, `task-${id}`), 'utf8')).toBe(id)
})
