import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { commitFiles, gitIn } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A folder with a home and a way to make repositories and run the command in it. */
async function place() {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  return {
    path: folder,
    home,
    repository: async (name: string) => {
      const path = join(folder, name)
      await mkdir(path, { recursive: true })
      await gitIn(path, ['init', '--quiet', '--initial-branch', 'main'])
      await commitFiles(path, { 'flake.nix': '{ outputs = _: { }; }\n' })
      return path
    },
    run: (args: readonly string[], cwd = folder) => runCommand(args, { home, cwd }),
  }
}

const said = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' })
/** What `list` has to say then goes to stderr: scripts read one repository a line of stdout. */
const noneRegistered = {
  exitCode: 0,
  stdout: '',
  stderr: 'No repository is registered: run microvm-orchestrator allow PATH\n',
}
const refused = (line: unknown) => ({ exitCode: 1, stdout: '', stderr: line })
const oneLine = (text: RegExp) => expect.stringMatching(new RegExp(`^Error: ${text.source}[^\\n]*\\n$`))

test('allow, list and remove say exactly what they promise', async () => {
  const here = await place()
  const path = await here.repository('project')
  expect(await here.run(['allow', path])).toEqual(said('Registered: project\n'))
  expect(await here.run(['list'])).toEqual(said(`  project: ${path}\n`))
  expect(await here.run(['remove', 'project'])).toEqual(said('Removed: project\n'))
  expect(await here.run(['list'])).toEqual(noneRegistered)
})

test('allow takes the current folder, and an alias by -a and --alias', async () => {
  const here = await place()
  expect(await here.run(['allow'], await here.repository('one'))).toEqual(said('Registered: one\n'))
  expect(await here.run(['allow', '-a', 'zwei'], await here.repository('two'))).toEqual(said('Registered: zwei\n'))
  expect(await here.run(['allow', await here.repository('three'), '--alias', 'x'])).toEqual(said('Registered: x\n'))
})

test('a taken alias becomes ALIAS-2; the same path again keeps its alias, also through a link', async () => {
  const here = await place()
  const first = await here.repository('a/app')
  const second = await here.repository('b/app')
  await symlink(first, join(here.path, 'link'))
  expect(await here.run(['allow', first])).toEqual(said('Registered: app\n'))
  expect(await here.run(['allow', second])).toEqual(said('Registered: app-2\n'))
  expect(await here.run(['allow', join(here.path, 'link')])).toEqual(said('Registered: app\n'))
  expect(await here.run(['list'])).toEqual(said(`  app: ${first}\n  app-2: ${second}\n`))
})

test('an alias that could not be given as asked for is explained on stderr', async () => {
  const here = await place()
  const path = await here.repository('app')
  await here.run(['allow', path])
  expect(await here.run(['allow', path, '--alias', 'other'])).toEqual({
    exitCode: 0,
    stdout: 'Registered: app\n',
    stderr: `${path} is registered as 'app', because a registered repository keeps its alias\n`,
  })
})

test('a registered repository hides .microvm/ from git status without a change to its files', async () => {
  const here = await place()
  const path = await here.repository('app')
  await commitFiles(path, {})
  await here.run(['allow', path])
  await here.run(['allow', path])
  await mkdir(join(path, '.microvm/tasks'), { recursive: true })
  await writeFile(join(path, '.microvm/tasks/x'), '')
  expect(await gitIn(path, ['status', '--porcelain'])).toBe('')
  const exclude = await readFile(join(path, '.git/info/exclude'), 'utf8')
  expect(exclude.split('\n').filter((line) => line === '.microvm/')).toHaveLength(1)
})

test('a linked worktree is a repository of its own', async () => {
  const here = await place()
  const main = await here.repository('app')
  await commitFiles(main, {})
  const linked = join(here.path, 'feature')
  await gitIn(main, ['worktree', 'add', '--quiet', linked, '-b', 'feature'])
  expect(await here.run(['allow', linked])).toEqual(said('Registered: feature\n'))
})

test('what is no repository is refused with one line that says why', async () => {
  const here = await place()
  const path = await here.repository('app')
  await mkdir(join(path, 'inside'))
  await mkdir(join(here.path, 'plain'))
  await writeFile(join(here.path, 'file'), '')
  await gitIn(here.path, ['init', '--quiet', '--bare', 'bare.git'])
  const cases: readonly (readonly [string, RegExp])[] = [
    [join(here.path, 'missing'), /.*does not exist/],
    [join(here.path, 'file'), /.*not a folder/],
    [join(here.path, 'plain'), /.*not a git repository/],
    [join(here.path, 'bare.git'), /.*bare repository/],
    [join(path, 'inside'), /.*inside the repository/],
    ['', /The path is empty/],
  ]
  for (const [wrong, line] of cases) expect(await here.run(['allow', wrong])).toEqual(refused(oneLine(line)))
  expect(await here.run(['list'])).toEqual(noneRegistered)
})

test('a repository with no flake.nix is registered, with a word about it', async () => {
  const here = await place()
  const path = join(here.path, 'bare-bones')
  await mkdir(path)
  await gitIn(path, ['init', '--quiet'])
  await commitFiles(path, { 'readme.md': 'x\n' })
  const { stdout, stderr } = await here.run(['allow', path])
  expect(stdout).toBe('Registered: bare-bones\n')
  expect(stderr).toMatch(/^No task can start yet: No flake\.nix found[^\n]*\n$/)
})

test('an unknown alias is refused with the nearest one', async () => {
  const here = await place()
  await here.run(['allow', await here.repository('frontend')])
  expect(await here.run(['remove', 'fronted'])).toEqual(
    refused(oneLine(/Repo 'fronted' not registered\. Did you mean 'frontend'\?/)),
  )
})

test.each([['../x'], ['.hidden'], ['a b'], ['a\nb'], ['']])('the alias %j is refused', async (alias) => {
  const here = await place()
  const path = await here.repository('app')
  expect(await here.run(['allow', path, `--alias=${alias}`])).toEqual(refused(oneLine(/Not a valid alias/)))
})

test.each([
  [['frobnicate'], /Unknown command 'frobnicate'. See: [^ ]+ --help/],
  [['run', 'nope', 'x', '--attempts', '11'], /.*whole number from 1 to 10. See: [^ ]+ run --help/],
  [['pull-requests', 'set', 'r'], /Required option .* See: [^ ]+ pull-requests set --help/],
  [['pull-requests', 'frobnicate'], /.* See: [^ ]+ pull-requests --help/],
  [['remove'], /Missing required argument 'alias'/],
  [['list', '--all'], /Unknown option '--all'/],
  [['list', 'extra'], /Too many arguments/],
  [['serve', '--port', '70000'], /.*whole number from 0 to 65535/],
  [['serve', '--port', '80x'], /.*whole number/],
  [['wait', '--timeout-ms', '-1'], /.*whole number/],
  [['logs', '../../etc'], /There is no task '\.\.\/\.\.\/etc'/],
  [['logs', '0123abcd'], /There is no task '0123abcd'/],
])('%j is refused in one line', async (args, line) => {
  const here = await place()
  expect(await here.run(args)).toEqual(refused(oneLine(line)))
})

test('help and version go to stdout', async () => {
  const here = await place()
  expect(await here.run(['--version'])).toEqual(said('0.1.0\n'))
  expect(await here.run(['--help'])).toEqual(said(expect.stringContaining('setup-token')))
  expect(await here.run([])).toEqual(said(expect.stringContaining('setup-token')))
  expect(await here.run(['allow', '--help'])).toEqual(said(expect.stringContaining('--alias')))
})

test('a damaged list is named, and stays as it is', async () => {
  const here = await place()
  const file = join(here.home, 'allowed-repos.json')
  await writeFile(file, '{"app":')
  expect(await here.run(['list'])).toEqual(refused(oneLine(/.*allowed-repos\.json is damaged/)))
  expect(await here.run(['allow', await here.repository('x')])).toEqual(refused(oneLine(/.*is damaged/)))
  expect(await readFile(file, 'utf8')).toBe('{"app":')
})

test('a home that is a file is one line, not a stack', async () => {
  const here = await place()
  const home = join(here.path, 'file')
  await writeFile(home, '')
  const path = await here.repository('app')
  expect(await runCommand(['allow', path], { home, cwd: path })).toEqual(refused(oneLine(/Cannot use .*file/)))
  await chmod(home, 0o600)
})

test('twenty processes that register twenty repositories at once: all are there', async () => {
  const here = await place()
  const paths = await Promise.all(Array.from({ length: 20 }, (_, n) => here.repository(`${n}/app`)))
  const results = await Promise.all(paths.map((path) => here.run(['allow', path])))
  expect(results.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    paths.map(() => ({ exitCode: 0, stderr: '' })),
  )
  const listed = (await here.run(['list'])).stdout.trimEnd().split('\n')
  expect(listed.map((line) => line.split(': ')[1]).sort()).toEqual([...paths].sort())
  const aliases = ['app', ...Array.from({ length: 19 }, (_, n) => `app-${n + 2}`)]
  expect(listed.map((line) => line.trim().split(': ')[0]).sort()).toEqual(aliases.sort())
}, 120_000)

test('what tasks may reach is told to allow, for a registered repository too, and shown by list --egress', async () => {
  const here = await place()
  const path = await here.repository('project')
  const allowed = await here.run(['allow', path, '--allow-host', 'github.com', '--allow-host', '*.npmjs.org'])
  expect(allowed).toEqual({
    ...{ exitCode: 0, stdout: 'Registered: project\n' },
    stderr: 'Tasks of project reach: github.com, *.npmjs.org\n',
  })
  expect(await here.run(['allow', path, '--allow-host', 'git.example:22'])).toMatchObject({ exitCode: 0 })
  expect(await here.run(['list'])).toEqual(said(`  project: ${path}\n`))
  expect(await here.run(['list', '--egress'])).toEqual(
    said(`  project: ${path}\n    egress: github.com, *.npmjs.org, git.example:22\n`),
  )
  expect(await here.run(['allow', path, '--egress', 'default'])).toMatchObject({
    stderr: 'Tasks of project reach: what the settings say\n',
  })
  for (const host of ['api.anthropic.com', '*.anthropic.com']) {
    expect((await here.run(['allow', path, '--egress', 'closed', '--allow-host', host])).stderr).toMatch(
      /\napi\.anthropic\.com is asked by the gateway alone/,
    )
  }
  expect(await here.run(['allow', path, '--egress', 'half'])).toEqual(refused(oneLine(/Option '--egress <policy>'/)))
  expect(await here.run(['allow', path, '--allow-host', '*'])).toEqual(refused(oneLine(/"\*" is no host/)))
})

test('a repository whose tasks cannot be hidden from git is refused, with the file, and not registered', async () => {
  const here = await place()
  const path = await here.repository('project')
  const info = join(path, '.git/info')
  await rm(info, { recursive: true, force: true })
  await symlink('/nonexistent/info', info)
  expect(await here.run(['allow', path])).toEqual(
    refused(oneLine(/\S+\/info\/exclude cannot be written, and so tasks/)),
  )
  expect(await here.run(['list'])).toEqual(noneRegistered)
  // Hidden by the user's own means, it needs no writing.
  await commitFiles(path, { '.gitignore': '.microvm/\n' })
  expect(await here.run(['allow', path])).toEqual(said('Registered: project\n'))
})

test('a host without git is told that git is missing', async () => {
  const here = await place()
  const path = await here.repository('project')
  const result = await runCommand(['allow', path], { home: here.home, env: { PATH: here.home } })
  expect(result).toEqual(refused(oneLine(/git is missing/)))
})

test('a work tree whose repository was moved is told so, with the cure', async () => {
  const here = await place()
  const path = await here.repository('project')
  await gitIn(path, ['worktree', 'add', '--quiet', join(here.path, 'linked')])
  await rename(path, join(here.path, 'moved'))
  const linked = join(here.path, 'linked')
  const text = `Error: ${linked} is a work tree of ${path}/.git, which is not there. Where it was moved, run there: git worktree repair ${linked}\n`
  expect(await here.run(['allow', linked])).toEqual(refused(text))
})

test('a home written with a tilde is expanded, since no shell has read it', async () => {
  const here = await place()
  const path = await here.repository('project')
  const result = await runCommand(['allow', path], { home: here.home, env: { MICROVM_ORCHESTRATOR_HOME: '~/own' } })
  expect(result).toEqual(said('Registered: project\n'))
  expect(JSON.parse(await readFile(join(here.home, 'own/allowed-repos.json'), 'utf8'))).toHaveProperty('project')
  const other = await runCommand(['list'], { home: here.home, env: { MICROVM_ORCHESTRATOR_HOME: 'own' } })
  expect(other).toEqual(refused(oneLine(/MICROVM_ORCHESTRATOR_HOME is no absolute path: own/)))
})
