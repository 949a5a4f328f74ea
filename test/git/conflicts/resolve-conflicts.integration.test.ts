import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Choice, type ConflictsView, printOf, type Resolution } from '../../../main/core/merge/conflicts.ts'
import { inspectConflicts } from '../../../main/git/conflicts/inspect-conflicts.ts'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { type Files, gitIn, makeRepository, statusOf, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const execute = promisify(execFile)
const taskId = 'a1b2c3d4'

const lines = (count: number, change: Readonly<Record<number, string>> = {}, end = '\n'): string =>
  Array.from({ length: count }, (_, index) => `${change[index + 1] ?? `line ${index + 1}`}${end}`).join('')

interface Row {
  readonly name: string
  readonly base: Files
  /** What one side makes of it, as a script in the work tree, with everything committed after it. */
  readonly branch: Side
  /** One commit each. */
  readonly task: readonly Side[]
  /** What must collide: kind and content by path, over all commits in their order. */
  readonly collides: readonly (readonly [path: string, kind: string, content: string])[]
  /** By path; the same in each commit. */
  readonly choose: Readonly<Record<string, Resolution>>
  /** The same decision, made in a work tree where `git rebase` has stopped. */
  readonly byHand: string
}
/** `run` comes first, `after` last. */
type Side = { readonly run?: string; readonly files?: Files; readonly after?: string }

const side = (name: 'ours' | 'theirs' | 'base', as?: string): Resolution => ({
  kind: 'side',
  side: name,
  ...(as !== undefined && { as }),
})
const gone: Resolution = { kind: 'delete' }
/** git's own merge of single files, with its own way to choose. */
const mergeFile = (file: string, option: string) =>
  `git show :1:${file} >.b 2>/dev/null || : >.b; git show :2:${file} >.o; git show :3:${file} >.t
   git merge-file -p ${option} .o .b .t >${file}; rm .o .b .t; git add ${file}`

const big = lines(400_000)
const manyOurs = Object.fromEntries(Array.from({ length: 200 }, (_, hunk) => [hunk * 10 + 5, `branch ${hunk}`]))
const manyTheirs = Object.fromEntries(Array.from({ length: 200 }, (_, hunk) => [hunk * 10 + 5, `task ${hunk}`]))
const binary = (seed: number) => Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * seed) % 256))

const rows: readonly Row[] = [
  {
    name: 'content: each side of a hunk, the rest as it merged',
    base: { 'a.txt': lines(30) },
    branch: { files: { 'a.txt': lines(30, { 3: 'branch', 15: 'branch' }) } },
    task: [{ files: { 'a.txt': lines(30, { 15: 'task', 27: 'task' }) } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'hunks', picks: ['theirs'] } },
    byHand: mergeFile('a.txt', '--theirs'),
  },
  {
    name: 'content: both, the branch first',
    base: { 'a.txt': lines(30) },
    branch: { files: { 'a.txt': lines(30, { 15: 'branch' }) } },
    task: [{ files: { 'a.txt': lines(30, { 15: 'task', 27: 'task' }) } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'hunks', picks: ['ours-theirs'] } },
    byHand: mergeFile('a.txt', '--union'),
  },
  {
    name: 'content: edited by hand',
    base: { 'a.txt': 'one\n' },
    branch: { files: { 'a.txt': 'two\n' } },
    task: [{ files: { 'a.txt': 'drei\n' } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'text', text: 'zw\u00f6lf\n' } },
    byHand: "printf 'zw\\303\\266lf\\n' >a.txt; git add a.txt",
  },
  {
    name: 'content: what git would call conflict markers is text',
    base: { 'a.txt': `<<<<<<< HEAD\n=======\n${'='.repeat(40)}\n>>>>>>> x\nend\n` },
    branch: { files: { 'a.txt': `<<<<<<< HEAD\n=======\n${'='.repeat(40)}\nbranch\nend\n` } },
    task: [{ files: { 'a.txt': `<<<<<<< HEAD\n=======\n${'='.repeat(40)}\ntask\nend\n` } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'hunks', picks: ['theirs'] } },
    byHand: mergeFile('a.txt', '--theirs'),
  },
  {
    name: 'add/add: the other side',
    base: {},
    branch: { files: { 'new.txt': 'branch\nsame\n' } },
    task: [{ files: { 'new.txt': 'task\nsame\n' } }],
    collides: [['new.txt', 'add/add', 'text']],
    choose: { 'new.txt': { kind: 'hunks', picks: ['theirs'] } },
    byHand: mergeFile('new.txt', '--theirs'),
  },
  {
    name: 'deleted by the branch: kept as the task has it',
    base: { 'a.txt': lines(9), 'other.txt': 'x\n' },
    branch: { files: { 'a.txt': null } },
    task: [{ files: { 'a.txt': lines(9, { 4: 'task' }) } }],
    collides: [['a.txt', 'deleted-by-branch', 'text']],
    choose: { 'a.txt': side('theirs') },
    byHand: 'git add a.txt',
  },
  {
    name: 'deleted by the branch: gone, with a commit that becomes empty',
    base: { 'a.txt': lines(9) },
    branch: { files: { 'a.txt': null } },
    task: [{ files: { 'a.txt': lines(9, { 4: 'task' }) } }, { files: { 'b.txt': 'b\n' } }],
    collides: [['a.txt', 'deleted-by-branch', 'text']],
    choose: { 'a.txt': gone },
    byHand: 'git rm -q a.txt',
  },
  {
    name: 'deleted by the task: gone',
    base: { 'a.txt': lines(9), 'other.txt': 'x\n' },
    branch: { files: { 'a.txt': lines(9, { 4: 'branch' }) } },
    task: [{ files: { 'a.txt': null, 'other.txt': 'y\n' } }],
    collides: [['a.txt', 'deleted-by-task', 'text']],
    choose: { 'a.txt': side('theirs') },
    byHand: 'git rm -q a.txt',
  },
  {
    name: 'renamed by one, changed by both: under the new name',
    base: { 'old.txt': lines(30) },
    branch: { files: { 'old.txt': lines(30, { 15: 'branch' }) } },
    task: [{ run: 'git mv old.txt new.txt', files: { 'new.txt': lines(30, { 15: 'task' }) } }],
    collides: [['new.txt', 'content', 'text']],
    choose: { 'new.txt': { kind: 'hunks', picks: ['theirs-ours'] } },
    byHand: `git show :1:new.txt >.b; git show :2:new.txt >.o; git show :3:new.txt >.t
      git merge-file -p --union .t .b .o >new.txt; rm .o .b .t; git add new.txt`,
  },
  {
    name: 'renamed by one, deleted by the other: kept',
    base: { 'old.txt': lines(30), 'other.txt': 'x\n' },
    branch: { files: { 'old.txt': null } },
    task: [{ run: 'git mv old.txt new.txt' }],
    collides: [['new.txt', 'deleted-by-branch', 'text']],
    choose: { 'new.txt': side('theirs') },
    byHand: 'git add new.txt',
  },
  {
    name: "renamed by both: the task's name, with what both changed",
    base: { 'old.txt': lines(30) },
    branch: { run: 'git mv old.txt branch.txt', files: { 'branch.txt': lines(30, { 5: 'branch' }) } },
    task: [{ run: 'git mv old.txt task.txt', files: { 'task.txt': lines(30, { 25: 'task' }) } }],
    collides: [
      ['branch.txt', 'rename/rename', 'text'],
      ['task.txt', 'rename/rename', 'text'],
    ],
    choose: { 'branch.txt': gone, 'task.txt': { kind: 'hunks', picks: [] } },
    byHand: 'git rm -q --cached old.txt; git rm -qf branch.txt; git add task.txt',
  },
  {
    name: 'a file where the other side made a directory: under another name',
    base: { thing: 'a file\n' },
    branch: { files: { thing: null, 'thing/inside': 'x\n' } },
    task: [{ files: { thing: 'a file of the task\n' } }],
    collides: [['thing~task', 'displaced', 'text']],
    choose: { 'thing~task': side('theirs', 'thing.txt') },
    byHand: "git rm -q --cached 'thing~'*; mv thing~* thing.txt; git add thing.txt",
  },
  {
    name: 'a file where the other side made a directory: in its place',
    base: { 'thing/inside': 'x\n' },
    branch: { files: { 'thing/inside': 'branch\n' } },
    task: [{ run: 'rm -rf thing; echo file >thing' }],
    collides: [
      ['thing/inside', 'deleted-by-task', 'text'],
      ['thing~task', 'displaced', 'text'],
    ],
    choose: { 'thing/inside': gone, 'thing~task': side('theirs', 'thing') },
    byHand: "git rm -qf thing/inside; git rm -q --cached 'thing~'*; mv thing~* thing; git add thing",
  },
  {
    name: 'a mode that the sides see differently',
    base: {},
    branch: { files: { 'run.sh': 'echo\n' } },
    task: [{ files: { 'run.sh': 'echo\n' }, after: 'chmod +x run.sh' }],
    collides: [['run.sh', 'add/add', 'text']],
    choose: { 'run.sh': { kind: 'hunks', picks: [], mode: 'theirs' } },
    byHand: 'chmod +x run.sh; git add run.sh',
  },
  {
    name: 'a symbolic link that leads elsewhere',
    base: { 'to-one': '' },
    branch: { run: 'ln -sfn two to-one' },
    task: [{ run: 'ln -sfn three to-one' }],
    collides: [['to-one', 'add/add', 'link']],
    choose: { 'to-one': side('theirs') },
    byHand: 'git checkout -q --theirs to-one; git add to-one',
  },
  {
    name: 'a file that one side made a symbolic link',
    base: { link: lines(9) },
    branch: { files: { link: lines(9, { 4: 'branch' }) } },
    task: [{ run: 'rm link; ln -s elsewhere link' }],
    collides: [
      ['link', 'displaced', 'link'],
      ['link~branch', 'displaced', 'text'],
    ],
    choose: { link: side('theirs'), 'link~branch': gone },
    byHand: 'git rm -qf --cached link~HEAD; rm -f link~HEAD; git add link',
  },
  {
    name: 'a submodule that both moved apart',
    base: {},
    branch: { run: `git update-index --add --cacheinfo 160000,${'1'.repeat(40)},sub; mkdir -p sub` },
    task: [{ run: `git update-index --add --cacheinfo 160000,${'2'.repeat(40)},sub; mkdir -p sub` }],
    collides: [['sub', 'add/add', 'submodule']],
    choose: { sub: side('theirs') },
    byHand: `git update-index --add --cacheinfo 160000,${'2'.repeat(40)},sub`,
  },
  {
    name: 'a binary file',
    base: { 'a.bin': binary(3) },
    branch: { files: { 'a.bin': binary(5) } },
    task: [{ files: { 'a.bin': binary(7) } }],
    collides: [['a.bin', 'content', 'binary']],
    choose: { 'a.bin': side('theirs') },
    byHand: 'git checkout -q --theirs a.bin; git add a.bin',
  },
  {
    name: 'CRLF line ends stay',
    base: { 'a.txt': lines(20, {}, '\r\n') },
    branch: { files: { 'a.txt': lines(20, { 10: 'branch' }, '\r\n') } },
    task: [{ files: { 'a.txt': lines(20, { 10: 'task' }, '\r\n') } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'hunks', picks: ['ours-theirs'] } },
    byHand: mergeFile('a.txt', '--union'),
  },
  {
    name: 'no newline at the end stays none',
    base: { 'a.txt': 'one\ntwo' },
    branch: { files: { 'a.txt': 'one\nbranch' } },
    task: [{ files: { 'a.txt': 'one\ntask' } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'hunks', picks: ['theirs'] } },
    byHand: 'git checkout -q --theirs a.txt; git add a.txt',
  },
  {
    name: 'a file of 5 MB',
    base: { 'big.txt': big },
    branch: { files: { 'big.txt': big.replace('line 1000\n', 'branch\n') } },
    task: [{ files: { 'big.txt': big.replace('line 1000\n', 'task\n').replace('line 300000\n', 'task\n') } }],
    collides: [['big.txt', 'content', 'too-large']],
    choose: { 'big.txt': { kind: 'hunks', picks: ['ours'] } },
    byHand: mergeFile('big.txt', '--ours'),
  },
  {
    name: '200 conflicting hunks',
    base: { 'a.txt': lines(2000) },
    branch: { files: { 'a.txt': lines(2000, manyOurs) } },
    task: [{ files: { 'a.txt': lines(2000, manyTheirs) } }],
    collides: [['a.txt', 'content', 'text']],
    choose: { 'a.txt': { kind: 'hunks', picks: Array.from({ length: 200 }, () => 'theirs') } },
    byHand: mergeFile('a.txt', '--theirs'),
  },
  {
    name: 'ten commits of which three collide',
    base: { 'a.txt': lines(9), 'b.txt': lines(9), 'c.txt': lines(9) },
    branch: {
      files: {
        'a.txt': lines(9, { 5: 'branch' }),
        'b.txt': lines(9, { 5: 'branch' }),
        'c.txt': lines(9, { 5: 'branch' }),
      },
    },
    task: Array.from({ length: 10 }, (_, index): Side => {
      const file = { 2: 'a.txt', 5: 'b.txt', 8: 'c.txt' }[index]
      return { files: file ? { [file]: lines(9, { 5: 'task' }) } : { [`new-${index}.txt`]: `${index}\n` } }
    }),
    collides: [
      ['a.txt', 'content', 'text'],
      ['b.txt', 'content', 'text'],
      ['c.txt', 'content', 'text'],
    ],
    choose: {
      'a.txt': { kind: 'hunks', picks: ['theirs'] },
      'b.txt': { kind: 'hunks', picks: ['ours-theirs'] },
      'c.txt': { kind: 'text', text: 'all new\n' },
    },
    byHand: `if git ls-files -u | grep -q a.txt; then ${mergeFile('a.txt', '--theirs')}; fi
      if git ls-files -u | grep -q b.txt; then ${mergeFile('b.txt', '--union')}; fi
      if git ls-files -u | grep -q c.txt; then echo 'all new' >c.txt; git add c.txt; fi`,
  },
]

async function change(repo: string, { run, files, after }: Side, message: string): Promise<string> {
  if (run !== undefined) await bash(repo, run)
  if (files) await writeFiles(repo, files)
  if (after !== undefined) await bash(repo, after)
  await gitIn(repo, ['add', '--all', '--', ...(run?.includes('160000') ? [':!sub'] : [])])
  await gitIn(repo, ['commit', '--quiet', '--allow-empty', '--message', message])
  return await gitIn(repo, ['rev-parse', 'HEAD'])
}

const environment = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_EDITOR: 'true',
  GIT_COMMITTER_NAME: 'Carl Committer',
  GIT_COMMITTER_EMAIL: 'carl@example.com',
}
const bash = (cwd: string, script: string) => execute('bash', ['-ec', script], { cwd, env: environment })

/** A repository with a moved branch, the task's commits at its ref, and local work of the user's that must survive. */
async function scene({ base, branch, task }: Pick<Row, 'base' | 'branch' | 'task'>) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo, { files: { 'mine.txt': 'mine\n', ...base } })
  if ('to-one' in base) {
    await rm(join(repo, 'to-one'))
    await gitIn(repo, ['rm', '-q', '--cached', 'to-one'])
    await gitIn(repo, ['commit', '-qm', 'Without it'])
  }
  const start = await gitIn(repo, ['rev-parse', 'HEAD'])
  await gitIn(repo, ['checkout', '--quiet', '--detach'])
  let commit = start
  for (const [index, step] of task.entries()) commit = await change(repo, step, `Task ${index}\n\nBody ${index}`)
  await gitIn(repo, ['update-ref', `refs/tasks/${taskId}`, commit])
  await gitIn(repo, ['checkout', '--quiet', '--force', 'main'])
  await gitIn(repo, ['clean', '-qfdx'])
  await change(repo, branch, 'By the user')
  return { folder, repo, start, commit, request: { repoPath: repo, startCommit: start, branch: 'main', commit } }
}

/** Chooses until nothing is left to choose, as the table says. */
async function chooseAll(request: Parameters<typeof inspectConflicts>[0], choose: Row['choose']) {
  let choices: Choice[] = [...request.choices]
  for (;;) {
    const { view } = await inspectConflicts({ ...request, choices })
    const open = view.commits.flatMap(({ id, files }) =>
      files.flatMap(({ conflict, resolution }) => (resolution ? [] : [{ commit: id, conflict }])),
    )
    if (view.settled) return { choices, view }
    expect(open.length, JSON.stringify(view)).toBeGreaterThan(0)
    choices = [
      ...choices,
      ...open.map(({ commit, conflict: { path, sides } }): Choice => {
        const resolution = choose[path]
        if (!resolution) throw new Error(`Nothing is chosen for ${path}`)
        return { commit, path, print: printOf(sides), resolution }
      }),
    ]
  }
}

const filesOf = (view: ConflictsView) =>
  view.commits.flatMap(({ files }) => files.map(({ conflict: { path, kind, content } }) => [path, kind, content]))

/** A real rebase of the same commits in a work tree of its own, each stop settled by hand. Answers trees, authors and messages. */
async function rebaseByHand(scenery: Awaited<ReturnType<typeof scene>>, byHand: string): Promise<string> {
  const worktree = join(scenery.folder, 'by-hand')
  await gitIn(scenery.repo, ['worktree', 'add', '--quiet', '--detach', worktree, scenery.commit])
  const script = `git rebase -q --onto main ${scenery.start} >/dev/null 2>&1 || while [ -d "$(git rev-parse --git-path rebase-merge)" ]; do
      [ -z "$(git ls-files -u)" ] || { ${byHand}
      }
      git add -A -- . ':!sub'
      if git diff --cached --quiet HEAD; then git rebase --skip >/dev/null 2>&1 || :; else git rebase --continue >/dev/null 2>&1 || :; fi
    done`
  await bash(worktree, script)
  const log = await gitIn(worktree, ['log', '--format=%T %an %ae %ad %B', 'main..HEAD'])
  await gitIn(scenery.repo, ['worktree', 'remove', '--force', worktree])
  return log
}

/** Everything of a repository by its content. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const digest = async () =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    result[path.slice(folder.length)] = entry.isFile() ? await digest() : entry.isDirectory() ? 'folder' : 'other'
  }
  return result
}

describe('the same choices give the trees that a rebase by hand gives', () => {
  test.each(rows)('$name', async (row) => {
    const scenery = await scene(row)
    const { repo, request } = scenery
    const expected = await rebaseByHand(scenery, row.byHand)
    await writeFile(join(repo, 'mine.txt'), 'stashed\n')
    await gitIn(repo, ['stash'])
    await writeFiles(repo, { 'mine.txt': 'changed\n', 'staged.txt': 'staged\n', 'untracked.txt': 'u\n' })
    await gitIn(repo, ['add', 'staged.txt'])
    const before = await snapshot(repo)
    const { choices, view } = await chooseAll({ ...request, choices: [] }, row.choose)
    expect(filesOf(view)).toEqual(row.collides)
    expect(view.stale).toEqual([])
    expect(await snapshot(repo)).toEqual(before)

    const tip = await gitIn(repo, ['rev-parse', 'main'])
    const status = await statusOf(repo)
    expect(await mergeWork({ ...request, taskId })).toMatchObject({ kind: 'unmerged', reason: 'conflicts' })
    expect(await snapshot(repo)).toEqual(before)
    const outcome = await mergeWork({ ...request, taskId, choices })
    expect(outcome).toMatchObject({ kind: 'merged', method: 'rebase', from: tip })
    expect(await gitIn(repo, ['log', '--format=%T %an %ae %ad %B', `${tip}..main`])).toBe(expected)
    expect(await statusOf(repo)).toBe(status)
    expect(await gitIn(repo, ['stash', 'list'])).toContain('stash@{0}')
    expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
    await gitIn(repo, ['fsck', '--strict', '--no-dangling'])
  })
})

test('a branch that moves meanwhile keeps the choices that still hold, and is told which do not', async () => {
  const files = { 'a.txt': lines(9), 'b.txt': lines(9) }
  const changed = (who: string) => ({ 'a.txt': lines(9, { 5: who }), 'b.txt': lines(9, { 5: who }) })
  const { repo, request } = await scene({
    base: files,
    branch: { files: changed('branch') },
    task: [{ files: changed('task') }],
  })
  const choose = { 'a.txt': side('theirs'), 'b.txt': side('theirs') }
  const { choices } = await chooseAll({ ...request, choices: [] }, choose)
  await change(repo, { files: { 'a.txt': lines(9, { 5: 'branch again' }), 'c.txt': 'c\n' } }, 'Again')
  const before = await snapshot(repo)
  expect(await mergeWork({ ...request, taskId, choices })).toMatchObject({ kind: 'unmerged', reason: 'conflicts' })
  expect(await snapshot(repo)).toEqual(before)
  const { view } = await inspectConflicts({ ...request, choices })
  expect(view.settled).toBe(false)
  expect(view.stale.map(({ path }) => path)).toEqual(['a.txt'])
  expect(view.commits[0]?.files.map(({ conflict, resolution }) => [conflict.path, resolution])).toEqual([
    ['a.txt', null],
    ['b.txt', side('theirs')],
  ])
  const again = await chooseAll({ ...request, choices }, choose)
  expect(await mergeWork({ ...request, taskId, choices: again.choices })).toMatchObject({ kind: 'merged', commits: 1 })
  expect(await readFile(join(repo, 'a.txt'), 'utf8')).toBe(lines(9, { 5: 'task' }))
})

test('a later choice in an earlier commit takes back what was chosen upon it', async () => {
  const { request } = await scene({
    base: { 'a.txt': 'base\n' },
    branch: { files: { 'a.txt': 'branch\n' } },
    task: [{ files: { 'a.txt': 'one\n' } }, { files: { 'a.txt': 'two\n' } }],
  })
  const { choices } = await chooseAll({ ...request, choices: [] }, { 'a.txt': side('ours') })
  expect(choices).toHaveLength(2)
  const other = choices.map((choice, index) =>
    index === 0 ? { ...choice, resolution: { kind: 'text', text: 'new\n' } as const } : choice,
  )
  const { view } = await inspectConflicts({ ...request, choices: other })
  expect(view.commits.map(({ state }) => state)).toEqual(['settled', 'stopped'])
  expect(view.stale).toEqual([choices[1]])
})

test('an opened file shows its pieces, each in its own encoding, and what is no text its sizes', async () => {
  const latin = (text: string) => Buffer.from(`gr\xfc\xdfe\n${text}\nend`, 'latin1')
  const { repo, request } = await scene({
    base: { 'a.txt': latin('x'), 'a.bin': binary(3) },
    branch: { files: { 'a.txt': latin('branch'), 'a.bin': null } },
    task: [{ files: { 'a.txt': latin('task'), 'a.bin': binary(7) } }],
  })
  const open = async (path: string) => {
    const wish = { commit: request.commit, path }
    return (await inspectConflicts({ ...request, choices: [], open: wish })).opened
  }
  expect(await open('a.txt')).toEqual({
    kind: 'text',
    encoding: 'latin1',
    chunks: [
      { kind: 'merged', text: 'gr\u00fc\u00dfe\n' },
      { kind: 'conflict', base: 'x\n', ours: 'branch\n', theirs: 'task\n' },
      { kind: 'merged', text: 'end' },
    ],
  })
  expect(await open('a.bin')).toEqual({ kind: 'binary', bytes: { base: 3000, ours: null, theirs: 3000 } })
  expect(await open('b.txt')).toBeUndefined()
  const edited: Resolution = { kind: 'text', text: 'gr\u00fc\u00dfe\nboth' }
  const { choices } = await chooseAll({ ...request, choices: [] }, { 'a.txt': edited, 'a.bin': gone })
  expect(await mergeWork({ ...request, taskId, choices })).toMatchObject({ kind: 'merged' })
  expect(await readFile(join(repo, 'a.txt'), 'latin1')).toBe('gr\u00fc\u00dfe\nboth')
})

test.each<[string, Resolution, string]>([
  ['too few picks', { kind: 'hunks', picks: [] }, 'a.txt has 1 conflicting hunks'],
  ['a path that leads out', side('ours', '../x'), 'is no path in a repository'],
  ['a path in .git', side('ours', '.GIT/x'), 'is no path in a repository'],
  ['the path of another file', side('ours', 'mine.txt'), 'mine.txt is another file already'],
  ['a path below another file', side('ours', 'mine.txt/x'), 'mine.txt is another file already'],
  ['the path of a directory', side('ours', 'dir'), 'dir is a directory'],
])('%s is refused, and nothing changes', async (_name, resolution, message) => {
  const { repo, request } = await scene({
    base: { 'a.txt': 'base\n', 'dir/x.txt': 'x\n' },
    branch: { files: { 'a.txt': 'branch\n' } },
    task: [{ files: { 'a.txt': 'task\n' } }],
  })
  const before = await snapshot(repo)
  const { view } = await inspectConflicts({ ...request, choices: [] })
  const [commit] = view.commits
  const [file] = commit?.files ?? []
  if (!commit || !file) throw new Error('Nothing collides')
  const choice = { commit: commit.id, path: 'a.txt', print: printOf(file.conflict.sides), resolution }
  const chosen = await inspectConflicts({ ...request, choices: [choice] })
  expect(chosen.view).toMatchObject({ settled: false, problem: expect.stringContaining(message) })
  const outcome = await mergeWork({ ...request, taskId, choices: [choice] })
  expect(outcome).toMatchObject({ kind: 'unmerged', reason: 'conflicts' })
  expect(await snapshot(repo)).toEqual(before)
})

test('chosen commits come alone and with their new messages, the rest stays at the ref', async () => {
  const { repo, request } = await scene({
    base: {},
    branch: { files: { 'b.txt': 'b\n' } },
    task: [{ files: { 'one.txt': '1\n' } }, { files: { 'two.txt': '2\n' } }, { files: { 'three.txt': '3\n' } }],
  })
  const [third = '', , first = ''] = (
    await gitIn(repo, ['log', '--format=%H', `${request.startCommit}..${request.commit}`])
  ).split('\n')
  const selection = { only: [first, third], messages: { [third]: 'Dr\u00fcben\n\nMore\n' } }
  const outcome = await mergeWork({ ...request, taskId, selection })
  expect(outcome).toMatchObject({ kind: 'merged', method: 'rebase', commits: 2 })
  expect((await gitIn(repo, ['log', '--format=%s|%an', '-3'])).split('\n')).toEqual([
    'Dr\u00fcben|Ada Author',
    'Task 0|Ada Author',
    'By the user|Ada Author',
  ])
  expect(await gitIn(repo, ['ls-files', '*.txt'])).toBe('b.txt\nmine.txt\none.txt\nthree.txt')
  expect(await gitIn(repo, ['rev-parse', `refs/tasks/${taskId}`])).toBe(request.commit)
})
