import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listChanges, listCommits } from '../../../main/git/changes/list-changes.ts'
import { readDiff } from '../../../main/git/changes/read-diff.ts'
import { livingObjects, readingToo } from '../../../main/git/repository/object-folder.ts'
import { readLivingClone } from '../../../main/git/salvage/read-living-clone.ts'
import { runAgent } from '../../support/claude/agent-script.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function workingTask() {
  const root = await temporaryFolder()
  const repo = join(root, 'project')
  await makeRepository(repo, { files: { 'a.txt': 'one\n', 'b/c.txt': 'two\n' } })
  const task = await startTask(repo, root)
  const folder = join(task.state, 'live')
  const { workspace, startCommit } = task
  const read = () => readLivingClone({ repoPath: repo, workspace, taskId: task.id, startCommit, folder })
  const range = (to: string) => ({ repoPath: repo, from: startCommit, to, objects: readingToo(livingObjects(folder)) })
  return { root, repo, task, folder, read, range, agent: (script: string) => runAgent(workspace, script) }
}

const gitName = {
  ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com' },
  ...{ GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' },
}

/** Everything of a repository or clone that reading could have changed, but the second names of files. */
const stateOf = async (folder: string) =>
  execFileSync('bash', ['-c', `cd '${folder}' && find . -printf '%p %y %m %s %T@ %l\\n' | sort`], { encoding: 'utf8' })

test('commits and uncommitted files are seen, and neither clone nor repository is changed by it', async () => {
  const { repo, task, read, range, agent } = await workingTask()
  await agent(`echo three >>a.txt; git commit -qam 'Say three'; echo four >>a.txt; rm b/c.txt; echo new >new.txt
    git worktree add -q ../repo/inner; mkfifo pipe; ln -s /etc/passwd link`)
  const before = await Promise.all([stateOf(repo), stateOf(task.workspace)])
  const { commit, notes } = await read()
  expect(await Promise.all([stateOf(repo), stateOf(task.workspace)])).toEqual(before)
  const changes = await listChanges(range(commit))
  expect(changes.map(({ path, status }) => `${status} ${path}`)).toEqual([
    'modified a.txt',
    'deleted b/c.txt',
    'added link',
    'added new.txt',
  ])
  const [first] = changes
  if (!first) throw new Error('Nothing changed')
  expect(await readDiff(range(commit), first)).toMatchObject({
    hunks: [{ lines: [{ text: 'one' }, { kind: '+', text: 'three' }, { kind: '+', text: 'four' }] }],
  })
  expect((await listCommits(range(commit), 10)).map(({ subject }) => subject)).toEqual([
    'WIP: uncommitted work of task a1b2c3d4',
    'Say three',
  ])
  expect(notes.join('\n')).toContain('1 files could not be read')
  // What was looked at is in no object store of the user's, and the end of the task is as without the look.
  await expect(gitIn(repo, ['cat-file', '-e', commit])).rejects.toThrow()
  expect((await lstat(join(task.workspace, 'inner/.git'))).isFile()).toBe(true)
  expect(await task.salvage()).toMatchObject({
    commits: 1,
    wip: true,
    filesChanged: ['a.txt', 'b/c.txt', 'link', 'new.txt'],
  })
})

test('a clone that nothing was done in is at its start', async () => {
  const { task, read } = await workingTask()
  expect(await read()).toEqual({ commit: task.startCommit, notes: [] })
})

test('objects that name others, or history that is gone, are told and keep nothing else back', async () => {
  const { root, task, read, range, agent } = await workingTask()
  await makeRepository(join(root, 'private'), { files: { secret: 'SECRET\n' } })
  const secret = (await gitIn(join(root, 'private'), ['rev-parse', 'HEAD'])).trim()
  await agent(`echo '${join(root, 'private/.git/objects')}' >.git/objects/info/alternates
    echo ${secret} >.git/refs/heads/task-${task.id}; echo x >>a.txt`)
  const { commit, notes } = await read()
  expect(notes.join('\n')).toContain('objects name others')
  expect((await listChanges(range(commit))).map(({ path }) => path)).toEqual(['a.txt'])
})

test('while the clone is written without rest each look succeeds or says that it did not', async () => {
  const { task, read, range, folder, agent } = await workingTask()
  await agent('for n in $(seq 200); do echo $n >f$n; done; git add -A; git commit -qm many')
  const loop = 'while :; do n=$RANDOM; echo $n >f$((n % 200)); rm -f t*; touch t$n; git add -A; git commit -qm $n; done'
  const writer = spawn('bash', ['-c', loop], {
    cwd: task.workspace,
    stdio: 'ignore',
    env: { ...process.env, ...gitName },
  })
  try {
    let seen = 0
    for (let turn = 0; turn < 5; turn += 1) {
      try {
        const { commit } = await read()
        expect((await listChanges(range(commit))).length).toBeGreaterThan(190)
        seen += 1
      } catch (error) {
        expect(error).toMatchObject({ code: 'salvage-failed' })
      }
    }
    expect(seen).toBeGreaterThan(0)
  } finally {
    writer.kill()
    await once(writer, 'exit')
  }
  expect((await readdir(task.state)).toSorted()).toEqual(['clone-index', 'live', 'repo'])
  expect(existsSync(join(folder, 'still'))).toBe(false)
})

test('what a crash left of a look is no hindrance for the next one', async () => {
  const { read, folder, task } = await workingTask()
  execFileSync('mkdir', ['-p', `${folder}.new/still`])
  await writeFile(`${folder}.new/still/x`, 'x')
  expect(await read()).toMatchObject({ commit: task.startCommit })
  expect(await readFile(join(folder, 'receiver.git/HEAD'), 'utf8')).toContain('ref:')
})
