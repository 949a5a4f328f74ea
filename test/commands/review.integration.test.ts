import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { commitFiles, gitIn, subjectsOf } from '../support/git/repositories.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { successJson } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const guest = `
set -e
touch $SHARE/started
cd $REPO
printf 'one\\n\\ttwo \\033[31mred\\n' > README.md; git commit -qam 'Change the README'
echo new > new.txt; git add -A; git commit -q -m 'Add a file'
echo '${successJson}' > $SHARE/result.json
`

async function reviewed(script = guest) {
  const driver = processDriver(join(await temporaryFolder(), 'run'), script)
  const files = { 'README.md': 'one\n' }
  const orchestra = await startOrchestra({ apiUrl: 'http://127.0.0.1:9', repositories: { project: files }, driver })
  const repo = orchestra.pathOf('project')
  const policy = await orchestra.command('allow', repo, '--merge', 'review')
  expect(policy).toMatchObject({
    stdout: 'Registered: project\n',
    stderr: 'Tasks of project are merged: after review\n',
  })
  const id = await orchestra.runTask('project', 'say it')
  await orchestra.until(id, 'finished')
  const ids = (await gitIn(repo, ['log', '--reverse', '--format=%H', `main..refs/tasks/${id}`])).split('\n')
  return { ...orchestra, repo, id, ids, review: (...args: string[]) => orchestra.command('review', id, ...args) }
}

test('review shows commits, files and lines, and what a merge would do to the branch as it is now', async () => {
  const { repo, id, ids, review, command } = await reviewed()
  expect(await command('list', '--merge')).toMatchObject({
    stdout: `  project: ${repo}\n    merged: after review\n`,
  })
  const shown = await review('--diff')
  expect(shown).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `Task ${id} of project, merged after review: say it
Waits (awaiting_review): It waits at refs/tasks/${id} to be reviewed: microvm-orchestrator review ${id}
Commits, oldest first:
  ${ids[0]?.slice(0, 12)}  Change the README
  ${ids[1]?.slice(0, 12)}  Add a file
Files, against where it started:
  M  README.md  +1 -0
  A  new.txt  +1 -0
It merges with main as it is now: 2 files change

README.md
This file has hidden characters, shown as ⟪U+...⟫
@@ -1 +1 @@ 
 one
+\ttwo ⟪U+001B⟫[31mred

new.txt
@@ -0 +1 @@ 
+new
`,
  })
  await commitFiles(repo, { 'README.md': 'other\n' }, 'By the user')
  expect((await review()).stdout).toContain('It collides with main as it is now: README.md\n')
  expect(await review('--accept')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Not merged (conflicts)'),
  })
})

test('commits are accepted by the start of their ids with a new message, the rest is rejected with its ref', async () => {
  const { repo, id, ids, review } = await reviewed()
  for (const wrong of [['--accept', '--reject'], ['--drop-ref'], ['--reword', 'a=b'], ['--accept', '--reword', 'x']])
    expect(await review(...wrong)).toMatchObject({ exitCode: 1, stdout: '' })
  const short = ids[1]?.slice(0, 7) ?? ''
  const accepted = await review('--accept-commits', short, '--reword', `${short}=Add the file = done`)
  expect(accepted).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `Merged: 1 on main\nCommits that were left out stay at refs/tasks/${id}\n`,
  })
  expect(await subjectsOf(repo)).toEqual(['Add the file = done', 'Start'])
})

test('a rejected task is dropped with its ref when told to', async () => {
  const { repo, review } = await reviewed()
  expect(await review('--reject', '--drop-ref')).toMatchObject({ stdout: 'Rejected, and its ref dropped\n' })
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(await review('--accept')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Nothing waits at') })
})

const cunning = `
set -e
touch $SHARE/started
cd $REPO
chmod +x README.md; git commit -qam 'Change the README'
ln -s /etc/passwd link; : > empty; printf 'if (admin) { //\\342\\200\\256 } begin\\n' > check.js
printf x > "$(printf 'photo\\342\\200\\256gpj.sh')"
git add -A; git commit -q -m "$(printf 'Add \\342\\200\\213files')"
echo '${successJson}' > $SHARE/result.json
`

test('review shows modes, where links lead, and characters that are not seen', async () => {
  const { review } = await reviewed(cunning)
  const { stdout } = await review('--diff')
  for (const line of [
    '  M  README.md  +0 -0  (mode 644 → 755)',
    '  A  link  +1 -0  (link)',
    '       + /etc/passwd',
    '  A  empty  +0 -0',
    '  A  photo⟪U+202E⟫gpj.sh  +1 -0',
    'This file has hidden characters, shown as ⟪U+...⟫',
    '+if (admin) { //⟪U+202E⟫ } begin',
    'no line differs',
  ]) {
    expect(stdout.split('\n')).toContain(line)
  }
  expect(stdout).toMatch(/Add ⟪U\+200B⟫files$/m)
  expect(stdout).not.toMatch(/[\u200b\u202e]/)
})

test('review --live shows what a task has changed so far, with its time, and nothing of it has a ref', async () => {
  const root = await temporaryFolder()
  const script = `
    set -e
    touch $SHARE/started
    cd $REPO
    printf 'one\\n\\033[31mred\\n' > README.md; git commit -qam 'Change the README'
    echo half > half.txt
    touch ${root}/half
    until [ -e ${root}/go ]; do sleep 0.05; done
    echo '${successJson}' > $SHARE/result.json`
  const driver = processDriver(join(root, 'run'), script)
  const files = { 'README.md': 'one\n' }
  const orchestra = await startOrchestra({ apiUrl: 'http://127.0.0.1:9', repositories: { project: files }, driver })
  const id = await orchestra.runTask('project', 'say it')
  await orchestra.until(id, 'working')
  await until(() => existsSync(join(root, 'half')))
  const { stdout, stderr, exitCode } = await orchestra.command('review', id, '--live', '--diff')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(
    /^As it was at 20\S+Z, uncommitted files too\nCommits, newest first:\n {2}[0-9a-f]{12} {2}WIP: /,
  )
  expect(stdout).toContain('  M  README.md  +1 -0\n  A  half.txt  +1 -0\n')
  expect(stdout).toContain('+++ README.md\n@@ -1 +1 @@ \n one\n+⟪U+001B⟫[31mred\n')
  expect(stdout).toContain('+++ half.txt\n@@ -0 +1 @@ \n+half\n')
  expect(await gitIn(orchestra.pathOf('project'), ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(await orchestra.command('review', id, '--live', '--accept')).toMatchObject({ exitCode: 1 })
  await writeFile(join(root, 'go'), '')
  await orchestra.until(id, 'finished')
})
