import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nixpkgsPin } from '../../main/environment/detect/catalog.ts'
import { detect } from '../../main/environment/detect/detect.ts'
import { mayOfferShell } from '../../main/environment/flake-offers-shell.ts'
import { writeFlake, writeFlakeLock } from '../../main/environment/write-flake.ts'
import { corpus } from './detect/corpus.ts'
import { unkind } from './detect/unkind.ts'

const root = join(import.meta.dirname, '..', '..')
const flakeOf = (files: Readonly<Record<string, string>>): string =>
  writeFlake('app', detect(Object.entries(files).map(([path, text]) => ({ path, text }))))

test('the packages stand there by name, each with who asks for it', () => {
  const flake = flakeOf({
    'package.json': '{"engines":{"node":">=24"},"packageManager":"pnpm@10.1.0"}',
    Brewfile: 'brew "jq"',
  })
  expect(flake).toContain('            "nodejs_24" # Node 24: package.json (>=24)')
  expect(flake).toContain('            "pnpm_10" # pnpm 10: package.json (10.1.0)')
  expect(flake).toContain('            "jq" # Brewfile\n')
  expect(flake).toContain('# - package.json asks for exactly pnpm 10.1.0')
})

test('it is pinned to the nixpkgs of the guest, with its hash', () => {
  const ours = JSON.parse(readFileSync(join(root, 'nix', 'flake.lock'), 'utf8')) as {
    nodes: { nixpkgs: { locked: object } }
  }
  expect(ours.nodes.nixpkgs.locked).toMatchObject(nixpkgsPin)
  const { nodes } = JSON.parse(writeFlakeLock()) as { nodes: { nixpkgs: { locked: object } } }
  expect(nodes.nixpkgs.locked).toEqual(ours.nodes.nixpkgs.locked)
  expect(flakeOf({ 'go.mod': '' })).toContain(`github:NixOS/nixpkgs/${nixpkgsPin.rev}"`)
})

test('what a repository wrote is a name of a package or lies in a comment, in every repository of the corpus', () => {
  const fixed = new Set(writeFlake('app', { tools: [], packages: [], doubts: [], devcontainer: null }).split('\n'))
  for (const { name, files } of [...corpus, ...unkind]) {
    const own = flakeOf(files)
      .split('\n')
      .filter((line) => !fixed.has(line))
    for (const line of own) expect(line, name).toMatch(/^( {12}"[A-Za-z_][\w.+-]*"( # [\x20-\x7e]*)?|#[\x20-\x7e]*)$/)
  }
})

test('a name that Nix would read as more is refused', () => {
  for (const name of ['a"b', 'a b', '$x', 'a\nb', 'a..b', '']) {
    const found = { tools: [], packages: [{ name, from: 'x' }], doubts: [], devcontainer: null }
    expect(() => writeFlake('app', found), name).toThrow('Not a name of nixpkgs')
  }
})

test.each([
  ['{ outputs = { nixpkgs, ... }: { devShells.x86_64-linux.default = 1; }; }', true],
  ['{ outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } { }; }', true],
  ['{ outputs = _: import ./nix; }', true],
  ['{ outputs = _: { packages.x86_64-linux.default = 1; }; }', true],
  ['{ outputs = { nixpkgs, ... }: { nixosConfigurations.box = nixpkgs.lib.nixosSystem { }; }; }', false],
  ['{ # devShells = 1;\n /* packages */ outputs = _: { overlays.default = _: _: { }; }; }', false],
])('whether %j may give a shell: %s', (flake, may) => {
  expect(mayOfferShell(flake)).toBe(may)
})
