import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskTrailers, withTrailers } from '../../../main/core/merge/trailers.ts'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const trailers = taskTrailers('a1b2c3d4', 'claude-x-1')
const added = 'Task: a1b2c3d4\nAgent: Claude Code (claude-x-1)\n'

/** The trailers that git itself finds in a message. */
async function foundByGit(message: string): Promise<string> {
  const cwd = await temporaryFolder()
  return await new Promise((resolve, reject) => {
    const git = execFile(
      'git',
      ['interpret-trailers', '--parse', '--no-divider'],
      { cwd, encoding: 'latin1' },
      (error, out) => (error ? reject(error) : resolve(out)),
    )
    git.stdin?.end(Buffer.from(message, 'latin1'))
  })
}

test.each([
  ['a subject', 'Add a file\n', `Add a file\n\n${added}`],
  ['a subject with no end', 'Add a file', `Add a file\n\n${added}`],
  ['a subject that looks like a trailer', 'fix: a thing\n', `fix: a thing\n\n${added}`],
  ['text', 'Add\n\nIt says: so.\nAnd more\n\n\n', `Add\n\nIt says: so.\nAnd more\n\n${added}`],
  [
    'trailers',
    'Add\n\nText\n\nCo-authored-by: A <a@b>\n  and on\n',
    `Add\n\nText\n\nCo-authored-by: A <a@b>\n  and on\n${added}`,
  ],
  [
    'text beside a sign-off',
    'Add\n\nsome text\nSigned-off-by: A <a@b>\n',
    `Add\n\nsome text\nSigned-off-by: A <a@b>\n${added}`,
  ],
  ['one of them', 'Add\n\nTask: a1b2c3d4\n', `Add\n\n${added}`],
  ['both of them', `Add\n\n${added}`, `Add\n\n${added}`],
  ['those of another task', 'Add\n\nTask: 00000000\n', `Add\n\nTask: 00000000\n${added}`],
  ['bytes of another encoding, and CRLF', 'Gr\xfc\xdfe\r\n\r\nText\r\n', `Gr\xfc\xdfe\r\n\r\nText\n\n${added}`],
  ['a divider', 'Add\n\ntext\n---\nmore\n', `Add\n\ntext\n---\nmore\n\n${added}`],
])('a message with %s gets the trailers where git finds them, and only once', async (_what, message, expected) => {
  expect(withTrailers(message, trailers)).toBe(expected)
  expect(withTrailers(expected, trailers)).toBe(expected)
  expect((await foundByGit(expected)).endsWith(added)).toBe(true)
})

test('the model is the word of a guest: only plain letters of it come into a message', () => {
  expect(taskTrailers('a1b2c3d4', 'opus\n\nSigned-off-by: me <x@y>')).toContainEqual({
    name: 'Agent',
    value: 'Claude Code (opusSigned-off-by:mexy)',
  })
  expect(taskTrailers('a1b2c3d4', '\u202e')).toContainEqual({ name: 'Agent', value: 'Claude Code' })
  expect(taskTrailers('a1b2c3d4', undefined)).toContainEqual({ name: 'Agent', value: 'Claude Code' })
})

test('a fast-forward signs only commits that bear no sign, with what is built on them, and keeps the shape of history', async () => {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  const task = await startTask(repo, folder)
  const git = (args: string[], by = 'Claude Task (a1b2c3d4)') => gitIn(task.workspace, args, { GIT_COMMITTER_NAME: by })
  const add = async (file: string, message: string, by?: string) => {
    await writeFile(join(task.workspace, file), file)
    await git(['add', '-A'])
    await git(['commit', '-qm', message], by)
  }
  await add('a.txt', 'Of the task')
  await git(['switch', '-qc', 'side'])
  await add('b.txt', 'Of somebody\n\nSigned-off-by: S <s@x>', 'Somebody')
  await git(['switch', '-q', '-'])
  await add('c.txt', 'Beside it')
  await git(['merge', '-q', '--no-edit', 'side'])
  const { commit } = await task.salvage()
  const { startCommit } = task
  const request = { repoPath: repo, taskId: 'a1b2c3d4', startCommit, branch: 'main', commit, trailers }
  const shape = (at: string) => gitIn(repo, ['log', '--format=%T %an %ad %s', '--topo-order', at])
  const before = await shape(commit)
  expect(await mergeWork(request)).toMatchObject({ kind: 'merged', method: 'fast-forward', commits: 4 })
  expect(await shape('main')).toBe(before)
  const signs = await gitIn(repo, ['log', '--format=%s|%(trailers:only,separator=%x2C)', 'main'])
  expect(signs.split('\n').filter((line) => !line.endsWith('|'))).toEqual([
    'Of somebody|Signed-off-by: S <s@x>,Task: a1b2c3d4,Agent: Claude Code (claude-x-1)',
  ])
  expect(await gitIn(repo, ['rev-list', '--count', '--merges', 'main'])).toBe('1')
  expect(await gitIn(repo, ['fsck', '--strict', '--no-dangling'])).toBe('')
})
