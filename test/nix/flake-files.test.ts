import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { offlineFlake } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

type Files = Readonly<Record<string, string>>

/** What of a repository's files is copied for nix; a sentence where nix has to be shown all of them. */
async function shown(files: Files, links: Files = {}): Promise<readonly string[] | string> {
  const root = await temporaryFolder()
  const [repository, folder] = [join(root, 'repository'), join(root, 'files')]
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(repository, name)), { recursive: true })
    await writeFile(join(repository, name), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 })
  }
  for (const [name, to] of Object.entries(links)) await symlink(to, join(repository, name))
  const { ok, stdout, stderr } = await run('perl', [
    join(packageDirectory(), 'nix', 'flake-files.pl'),
    repository,
    folder,
  ])
  expect(stderr).toBe('')
  if (!ok) {
    expect(await readdir(folder).catch(() => [])).toEqual([])
    return stdout.trim()
  }
  const copied = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const names = copied.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort()
  for (const name of names) {
    expect(await readFile(join(folder, name), 'utf8')).toBe(files[name])
    expect((await stat(join(folder, name))).mode & 0o111).toBe(name.endsWith('.sh') ? 0o111 : 0)
  }
  return names
}

const flakeOf = (shell: string, formals = '{ self, nixpkgs, ... }'): string => `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  outputs = ${formals}: {
    devShells.x86_64-linux.default = ${shell};
  };
}
`

test.for<readonly [string, Files, readonly string[]]>([
  ['a shell of packages', { 'flake.nix': flakeOf('pkgs.mkShell { packages = [ pkgs.nodejs ]; }') }, ['flake.nix']],
  ['its lock', { 'flake.nix': flakeOf('1'), 'flake.lock': '{"nodes":{}}' }, ['flake.lock', 'flake.nix']],
  [
    'what it imports, and what that reads',
    {
      'flake.nix': flakeOf('import ./nix/shell.nix { inherit nixpkgs; }'),
      'nix/shell.nix':
        '{ nixpkgs }: [ (builtins.readFile ../.node-version) (import ./tools) (nixpkgs.lib.importJSON ./pins.json) ]',
      'nix/tools/default.nix': 'import ./more',
      'nix/tools/more': '/* ./none.nix */ 1 # ../none.nix',
      'nix/pins.json': '{ "a": "./b" }',
      '.node-version': '24',
      'other.nix': '1',
    },
    ['.node-version', 'flake.nix', 'nix/pins.json', 'nix/shell.nix', 'nix/tools/default.nix', 'nix/tools/more'],
  ],
  [
    'no path of a string, but what is put into one',
    {
      'flake.nix': flakeOf(
        `pkgs.mkShell { a = "./none \\\${./none} \${./one} \${"\${./two}"}"; shellHook = ''
          PATH=./bin:$PWD/node_modules/.bin ''\${./none} $\${./none} \${./three} ''' ./none
        ''; }`,
      ),
      ...{ one: '1', two: '2', three: '3', none: '' },
    },
    ['flake.nix', 'one', 'three', 'two'],
  ],
  [
    'one whose arguments have a name together, and that uses its own packages',
    {
      'flake.nix': flakeOf(
        '[ self.packages.x86_64-linux.tool inputs.other.packages inputs.nixpkgs (inputs.a.b or 1) ]',
        'inputs@{ self, ... }',
      ),
    },
    ['flake.nix'],
  ],
  ['one that uses none of its arguments', { 'flake.nix': flakeOf('1', '_') }, ['flake.nix']],
  ['derivations with outputs', { 'flake.nix': flakeOf('derivation { outputs = [ "out" ]; }') }, ['flake.nix']],
  ["the flake of this project's tests", { 'flake.nix': offlineFlake }, ['flake.nix']],
  ['a program', { 'flake.nix': flakeOf(`"\${./hook.sh}"`), 'hook.sh': 'true' }, ['flake.nix', 'hook.sh']],
  ['an address that is no path', { 'flake.nix': flakeOf('[ "https://a/b" http://a.example/b ]') }, ['flake.nix']],
])('%s: these files are enough', async ([, files, names]) => {
  expect(await shown(files)).toEqual([...names].sort())
})

const there = { 'sub/file': '1', 'sub/default.nix': '1' }

test.for<readonly [string, string, string?]>([
  ['a folder', 'pkgs.x { src = ./.; }'],
  ['a folder in a string', `pkgs.x { src = "\${./.}/sub"; }`],
  ['a folder that is read', 'builtins.readDir ./sub'],
  ['a path that is put together', './sub + "/file"'],
  ['a path that begins with a value', `import ./\${"file"}`],
  ['a path above that begins with a value', `import ../\${"file"}`],
  ['a path without a dot that has a value', `import sub/\${"file"}`],
  ['a path that another is made of', 'dirOf ./flake.nix'],
  ['a path that goes on', 'f { lock = ./flake.lock; }'],
  ['a path in brackets', 'import (./sub/file)'],
  ['a path of a file that is no folder', `"\${./flake.nix + "/../x"}"`],
  ['a builtin by its name', 'builtins."getFlake" x'],
  ['a builtin of the old form', '__unsafeGetAttrPos "a" { }'],
  ['the flake after a text of one sign', '[ "." self ]'],
  ['the flake in a text that begins with a sign', `"@\${inputs.self}"`, 'inputs'],
  ['a path that is not there alone', 'import (./su + "b")'],
  ['a path with a value in it', `./sub/\${name}`],
  ['a path that leads out', './sub/../../outside'],
  ['a path of the root', '/etc/hosts'],
  ['a path of a home', '~/file'],
  ['a path that is searched for', '<nixpkgs>'],
  ['a question for a file', 'builtins.pathExists ./none'],
  ['the flake as a string', `"\${self}/file"`],
  ['the flake as a source', 'pkgs.x { src = self; }'],
  ['the revision', 'self.shortRev or "dirty"'],
  ['the flake in a value', 'f { inherit self; }'],
  ['the flake by an argument of another name', 'all.self.outPath', 'all'],
  ['the flake by a second name', 'all.self.outPath', '{ nixpkgs, ... }@all'],
  ['all of the inputs', 'flake-parts.lib.mkFlake { inherit inputs; }', 'inputs@{ ... }'],
  ['the flake among the inputs', 'inputs.self.outPath', 'inputs'],
  ['an input whose name is a value', `inputs.\${name}`, 'inputs'],
  ['the inputs as a scope', 'with inputs; nixpkgs', 'inputs'],
  ['outputs of another file', '1', 'import ./sub/default.nix'],
  ['the place of a text', 'dirOf __curPos.file'],
  ['a flake by its address', 'builtins.getFlake "x"'],
  ['a string that does not end', '"'],
])('%s: nix is shown all of the repository', async ([, shell, formals]) => {
  expect(await shown({ 'flake.nix': flakeOf(shell, formals), ...there })).toMatch(/\S/)
})

test('what is no file of the repository, or large, is not copied', async () => {
  const text = flakeOf('import ./a.nix')
  expect(await shown({})).toBe('flake.nix is not there')
  expect(await shown({ 'flake.nix': text }, { 'a.nix': '/etc/passwd' })).toBe('a.nix is a link')
  expect(await shown({ 'flake.nix': text, 'sub/a.nix': '1' }, { 'a.nix': 'sub/a.nix' })).toBe('a.nix is a link')
  expect(await shown({ 'flake.nix': text, 'a.nix': `"${'x'.repeat(5_000_000)}"` })).toBe('It reads large files')
  const local = '{ inputs.tools.url = "path:./tools"; outputs = { self, tools }: { }; }'
  expect(await shown({ 'flake.nix': local })).toBe('flake.nix: an input that is a path')
  const own = '{ inputs.me.follows = ""; outputs = { me, ... }: { a = me; }; }'
  expect(await shown({ 'flake.nix': own })).toBe('flake.nix: an input that is this flake')
  const lock = JSON.stringify({ nodes: { tools: { locked: { path: './tools', type: 'path' } } } })
  expect(await shown({ 'flake.nix': flakeOf('1'), 'flake.lock': lock })).toBe('flake.lock: an input that is a path')
})
