import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { run, runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { cannotHoldHere } from '../../support/git/folding-file-system.ts'
import { startTask, taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function project(files: Record<string, string> = { 'a.txt': 'a\n' }) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  return { folder, repo, start: await makeRepository(repo, { files }) }
}

/** A commit whose tree has an entry that no `git add` would make. */
async function commitEntry(clone: string, mode: string, content: string, path: string): Promise<void> {
  await writeFile(join(clone, '../content'), content)
  const blob = await gitIn(clone, ['hash-object', '-w', '../content'])
  await gitIn(clone, ['update-index', '--add', '--cacheinfo', `${mode},${blob},${path}`])
  await gitIn(clone, ['commit', '--quiet', '--message', `Add ${path}`])
  await gitIn(clone, ['reset', '--quiet', '--hard']).catch(() => undefined) // The guest's own checkout fails as well.
}

test.each([
  ['no target', ''],
  ['a target that no file system takes', 'x'.repeat(5000)],
])('a link with %s changes nothing of the checkout, and the reason names it', async (_what, target) => {
  const { folder, repo, start } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n', 'b.txt': 'b\n', 'z.txt': 'z\n' })
  await commitEntry(task.workspace, '120000', target, 'link')
  const commit = await gitIn(task.workspace, ['rev-parse', 'HEAD'])
  await gitIn(repo, ['fetch', '--quiet', task.workspace, `${commit}:refs/tasks/${task.id}`])
  const outcome = await mergeWork({ repoPath: repo, taskId: task.id, startCommit: start, branch: 'main', commit })
  expect(outcome).toMatchObject({ reason: 'checkout_failed', detail: expect.stringContaining('link') })
  expect([await statusOf(repo), await gitIn(repo, ['rev-parse', 'main'])]).toEqual(['', start])
})

test('a file for a filter of the user is not checked out without it, nor with it; the reason names both', async () => {
  const { folder, repo } = await project({ '.gitattributes': '*.bin filter=big\n' })
  const marker = join(folder, 'ran')
  await gitIn(repo, ['config', 'filter.big.smudge', `touch '${marker}'; cat`])
  const task = await taskWithCommit(repo, folder, { 'a.txt': '1\n', 'm.bin': 'x\n', 'z.txt': '3\n' })
  const start = await gitIn(repo, ['rev-parse', 'main'])
  expect(await task.merge()).toMatchObject({
    reason: 'checkout_failed',
    files: ['m.bin'],
    detail: expect.stringMatching(/m\.bin.*'big'.*git merge refs\/tasks\/a1b2c3d4/),
  })
  expect([await statusOf(repo), await gitIn(repo, ['rev-parse', 'main'])]).toEqual(['', start])
  expect(existsSync(marker)).toBe(false)
  // The proof that the filter could have told.
  await gitIn(repo, ['merge', '--quiet', '--ff-only', 'refs/tasks/a1b2c3d4'])
  expect(existsSync(marker)).toBe(true)
})

test("a merge driver of the user does not run on a task's work: what it would have merged collides", async () => {
  const { folder, repo } = await project({ '.gitattributes': '*.lock merge=mine\n', 'a.lock': '1\n' })
  const marker = join(folder, 'ran')
  await gitIn(repo, ['config', 'merge.mine.driver', `touch '${marker}'`])
  const task = await taskWithCommit(repo, folder, { 'a.lock': 'task\n' })
  await commitFiles(repo, { 'a.lock': 'user\n' })
  expect(await task.merge()).toMatchObject({ reason: 'conflicts', files: ['a.lock'] })
  expect(existsSync(marker)).toBe(false)
})

test('Git LFS files get the content that came with the work, and others stay pointers, while git-lfs does not run', async () => {
  const { folder, repo } = await project({ '.gitattributes': '*.bin filter=lfs -text\n', 'old.bin': pointer('old\n') })
  const marker = join(folder, 'ran')
  const task = await startTask(repo, folder)
  const files = {
    '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
    'gone.bin': pointer('gone\n'),
    'made.bin': pointer('made\n'),
  }
  await commitFiles(task.workspace, { ...files, 'deep/also.bin': pointer('also\n') })
  await commitFiles(repo, { 'by-user.txt': 'u\n' })
  // As git-lfs does it, but for the server that `.lfsconfig` names.
  const program = `touch '${marker}'; cat`
  for (const part of ['smudge', 'clean', 'process']) await gitIn(repo, ['config', `filter.lfs.${part}`, program])
  await gitIn(repo, ['config', 'filter.lfs.required', 'true'])
  const { commit } = await task.salvage()
  for (const content of ['made\n', 'also\n']) await writeObject(repo, content)
  const merged = await mergeWork({
    repoPath: repo,
    taskId: task.id,
    startCommit: task.startCommit,
    branch: 'main',
    commit,
  })
  expect(merged).toMatchObject({ kind: 'merged', notes: [expect.stringMatching(/^gone\.bin .*git lfs pull$/)] })
  expect(existsSync(marker)).toBe(false)
  expect(await readFile(join(repo, 'made.bin'), 'utf8')).toBe('made\n')
  expect(await readFile(join(repo, 'deep/also.bin'), 'utf8')).toBe('also\n')
  expect(await readFile(join(repo, 'gone.bin'), 'utf8')).toBe(pointer('gone\n'))
  // git need not even ask the filter: the index knows the files, once they are older than itself.
  await utimes(join(repo, '.git/index'), new Date(), new Date(Date.now() + 10_000))
  expect(await gitIn(repo, ['diff-files', '--name-only'])).toBe('')
  expect(existsSync(marker)).toBe(false)

  // An expanded file whose time alone has changed is not in the way of the next merge.
  const next = await taskWithCommit(repo, folder, { 'made.bin': pointer('made again\n') }, { id: 'b1b2c3d4' })
  await writeFile(join(repo, 'made.bin'), 'made\n')
  expect(await next.merge()).toMatchObject({ kind: 'merged' })
  expect(existsSync(marker)).toBe(false)
})

const pointer = (content: string) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${idOf(content)}\nsize ${content.length}\n`
const idOf = (content: string) => createHash('sha256').update(content).digest('hex')

async function writeObject(repo: string, content: string): Promise<void> {
  const id = idOf(content)
  const folder = join(repo, '.git/lfs/objects', id.slice(0, 2), id.slice(2, 4))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, id), content)
}

test('an LFS object that is not what its name says is not taken', async () => {
  const { folder, repo } = await project({ '.gitattributes': '*.bin filter=lfs -text\n' })
  await gitIn(repo, ['config', 'filter.lfs.smudge', 'cat'])
  const task = await taskWithCommit(repo, folder, { 'x.bin': pointer('good\n') })
  const { commit } = await task.salvage()
  await writeObject(repo, 'good\n')
  const id = idOf('good\n')
  await writeFile(join(repo, '.git/lfs/objects', id.slice(0, 2), id.slice(2, 4), id), 'evil\n')
  const merged = await mergeWork({
    repoPath: repo,
    taskId: task.id,
    startCommit: task.startCommit,
    branch: 'main',
    commit,
  })
  expect(merged).toMatchObject({ notes: [expect.stringContaining('git lfs pull')] })
  expect(await readFile(join(repo, 'x.bin'), 'utf8')).toBe(pointer('good\n'))
})

test('a folder that nothing may be changed in leaves all as it was, says so, and a second try succeeds without the cause', async () => {
  if (cannotHoldHere(['both', 'accents'], 'it has no flag that keeps root from changing a folder')) return
  const { folder, repo, start } = await project({ 'a.txt': 'a\n', 'd/f': '1\n' })
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n', b: 'b\n', 'd/g': 'g\n', 'd/f': null })
  const { commit } = await task.salvage()
  const merge = { repoPath: repo, taskId: task.id, startCommit: start, branch: 'main', commit }
  const index = await readFile(join(repo, '.git/index'))
  // Root may write everywhere but where the file system forbids it.
  const isRoot = process.getuid?.() === 0
  const lock = () => (isRoot ? runOrThrow('chattr', ['+i', join(repo, 'd')]) : chmod(join(repo, 'd'), 0o555))
  const unlock = () => (isRoot ? runOrThrow('chattr', ['-i', join(repo, 'd')]) : chmod(join(repo, 'd'), 0o755))
  await lock()
  try {
    expect(await mergeWork(merge)).toMatchObject({
      reason: 'checkout_failed',
      files: [expect.stringMatching(/^d\//)],
      detail: expect.stringMatching(/d.*(EPERM|EACCES)/),
    })
    expect([await statusOf(repo), await gitIn(repo, ['rev-parse', 'main'])]).toEqual(['', start])
    expect((await readFile(join(repo, '.git/index'))).equals(index)).toBe(true)
  } finally {
    await unlock()
  }
  expect(await mergeWork(merge)).toMatchObject({ kind: 'merged' })
  expect(await statusOf(repo)).toBe('')
})

test('a full disk leaves all as it was and says so', async () => {
  const folder = await temporaryFolder()
  const disk = join(folder, 'disk')
  await mkdir(disk)
  const repo = join(disk, 'project')
  const other = await project()
  const script = `mount -t tmpfs -o size=6m tmpfs '${disk}' && exec "$@"`
  // In a mount namespace of its own, which goes with the process.
  const result = await run('unshare', [
    ...(process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount']),
    ...[
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      join(import.meta.dirname, '../../support/git/merge-on-full-disk.ts'),
      repo,
      other.folder,
    ],
  ])
  expect(result.ok, result.stderr).toBe(true)
  const said = JSON.parse(result.stdout) as { outcome: unknown; status: string; moved: boolean }
  expect(said).toMatchObject({
    outcome: { reason: 'checkout_failed', detail: expect.stringMatching(/No space left|unable to write/) },
  })
  expect([said.status, said.moved]).toEqual(['', false])
})

test.each([
  ['index.lock', '.git/index.lock'],
  ['HEAD.lock', '.git/HEAD.lock'],
  ['main.lock', '.git/refs/heads/main.lock'],
])('%s of another process is named with its path, stays, and nothing has moved', async (_name, path) => {
  const { folder, repo, start } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
  const { commit } = await task.salvage()
  await writeFile(join(repo, path), '')
  const merge = { repoPath: repo, taskId: task.id, startCommit: start, branch: 'main', commit }
  expect(await mergeWork(merge)).toMatchObject({
    reason: 'operation_in_progress',
    detail: expect.stringContaining(join(repo, path)),
  })
  expect(existsSync(join(repo, path))).toBe(true)
  await rm(join(repo, path))
  expect([await statusOf(repo), await gitIn(repo, ['rev-parse', 'main'])]).toEqual(['', start])
  expect(await mergeWork(merge)).toMatchObject({ kind: 'merged' })
})

test('packed-refs.lock of another process is named with its path in a note, and the work is merged', async () => {
  const { folder, repo } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n' })
  const { commit } = await task.salvage()
  const lock = join(repo, '.git/packed-refs.lock')
  await writeFile(lock, '')
  const merge = { repoPath: repo, taskId: task.id, startCommit: task.startCommit, branch: 'main', commit }
  expect(await mergeWork(merge)).toMatchObject({ kind: 'merged', notes: [expect.stringContaining(lock)] })
  expect(existsSync(lock)).toBe(true)
})

test('a reflog that cannot be appended to: the checkout is where its branch is, and the second try is true to it', async () => {
  const { folder, repo, start } = await project()
  const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n', b: 'b\n' })
  const { commit } = await task.salvage()
  const log = join(repo, '.git/logs/refs/heads/main')
  const kept = await readFile(log)
  await rm(log)
  await mkdir(join(log, 'in-the-way'), { recursive: true })
  await writeFile(join(log, 'in-the-way/file'), '')
  const merge = { repoPath: repo, taskId: task.id, startCommit: start, branch: 'main', commit }
  const outcome = await mergeWork(merge)
  const tip = await gitIn(repo, ['rev-parse', 'main'])
  expect(await statusOf(repo)).toBe('')
  expect([outcome.kind === 'merged', tip]).toEqual(tip === commit ? [true, commit] : [false, start])
  await rm(log, { recursive: true })
  await writeFile(log, kept)
  expect(['merged', 'unchanged']).toContain((await mergeWork(merge)).kind)
  expect([await statusOf(repo), await gitIn(repo, ['rev-parse', 'main'])]).toEqual(['', commit])
})

test('line ends, encodings and ident come out as git itself writes them', async () => {
  const { folder, repo } = await project()
  const peer = join(folder, 'peer')
  await gitIn(folder, ['clone', '--quiet', repo, peer])
  const task = await taskWithCommit(repo, folder, {
    '.gitattributes': '*.crlf text eol=crlf\n*.utf16 text working-tree-encoding=UTF-16LE-BOM\n*.ident ident\n',
    'a.crlf': 'one\ntwo\n',
    'c.ident': '$Id$\n',
  })
  const utf16 = Buffer.from('\ufeffgr\u00fc\u00df\n', 'utf16le')
  await commitFiles(task.workspace, { 'b.utf16': utf16 })
  expect(await task.merge()).toMatchObject({ kind: 'merged' })
  await gitIn(peer, ['pull', '--quiet', '--ff-only'])
  for (const name of ['a.crlf', 'b.utf16', 'c.ident']) {
    expect(await readFile(join(repo, name), 'hex')).toBe(await readFile(join(peer, name), 'hex'))
  }
  expect(await readFile(join(repo, 'a.crlf'), 'utf8')).toBe('one\r\ntwo\r\n')
  expect(await gitIn(repo, ['diff-files', '--name-only'])).toBe('')
})

test.each([2, 4])('index version %i: no file need be read again after a merge', async (version) => {
  const { folder, repo } = await project({ 'a.txt': 'a\n', 'folder/b.txt': 'b\n', 'folder/c.txt': 'c\n' })
  await gitIn(repo, ['update-index', '--index-version', String(version)])
  const task = await taskWithCommit(repo, folder, { 'folder/b.txt': 'task\n', 'folder/bb.txt': 'new\n' })
  expect(await task.merge()).toMatchObject({ kind: 'merged' })
  expect(await gitIn(repo, ['diff-files', '--name-only'])).toBe('')
  expect(await gitIn(repo, ['fsck', '--no-dangling'])).toBe('')
  expect((await readFile(join(repo, '.git/index'))).readUInt32BE(4)).toBe(version)
})

test('a linked worktree on another file system is moved whole', async () => {
  const { folder, repo } = await project({ 'a.txt': 'a\n', 'gone.txt': 'g\n' })
  const other = await mkdtemp('/dev/shm/mvm-test-')
  try {
    const task = await taskWithCommit(repo, folder, { 'a.txt': 'task\n', 'gone.txt': null, 'new/b': 'b\n' })
    await gitIn(repo, ['checkout', '--quiet', '--detach'])
    await gitIn(repo, ['worktree', 'add', '--quiet', join(other, 'linked'), 'main'])
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    expect(await statusOf(join(other, 'linked'))).toBe('')
    expect(await readFile(join(other, 'linked/new/b'), 'utf8')).toBe('b\n')
    expect(existsSync(join(other, 'linked/gone.txt'))).toBe(false)
  } finally {
    await rm(other, { recursive: true })
  }
})
