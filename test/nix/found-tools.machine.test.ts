import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Found } from '../../main/core/environment/found.ts'
import { entryOf, toolNames } from '../../main/environment/detect/catalog.ts'
import { detect, interestIn } from '../../main/environment/detect/detect.ts'
import { libraryPackages, programs } from '../../main/environment/detect/readers/foreign-names.ts'
import { writeFlake } from '../../main/environment/write-flake.ts'
import { pathExists } from '../../main/lib/files/look.ts'
import { type Case, corpus } from '../environment/detect/corpus.ts'
import { unkind } from '../environment/detect/unkind.ts'
import { nixOfTest, type Packages, writeSmallNixpkgs } from '../support/nix/small-nixpkgs.ts'
import { temporaryFolder } from '../support/temporary.ts'

const foundIn = (files: Case['files']): Found =>
  detect(
    Object.entries(files)
      .filter(([path]) => interestIn(path) !== 'none')
      .map(([path, text]) => ({ path, text: interestIn(path) === 'content' ? text : null })),
  )

const packagesOf = ({ tools, packages }: Found): readonly string[] => [
  ...tools.flatMap((tool) => tool.packages),
  ...packages.map(({ name }) => name),
]

/** Dotted names, below each other. */
function asTree(names: readonly string[]): Packages {
  const tree: Record<string, Packages | null> = {}
  for (const name of names) {
    const [first = '', ...others] = name.split('.')
    if (others.length === 0) tree[first] ??= null
    else tree[first] = { ...tree[first], ...asTree([others.join('.')]) }
  }
  return tree
}

/** The programs of the shell that each flake gives for both systems, or why it gives none, as nix itself says it. */
async function evaluated(flakes: readonly string[], packages: readonly string[]) {
  const folder = await temporaryFolder()
  const nix = await nixOfTest()
  await writeSmallNixpkgs(join(folder, 'nixpkgs'), asTree(packages))
  for (const [index, flake] of flakes.entries()) {
    await mkdir(join(folder, String(index)))
    await writeFile(join(folder, String(index), 'flake.nix'), flake)
  }
  const expression = `
    let
      nixpkgs = (import ${folder}/nixpkgs/flake.nix).outputs { } // { outPath = "${folder}/nixpkgs"; };
      pathOf = index: system: ((import (${folder} + "/\${toString index}/flake.nix")).outputs { inherit nixpkgs; }).devShells.\${system}.default.PATH;
    in builtins.genList (index: map (pathOf index) [ "x86_64-linux" "aarch64-linux" ]) ${flakes.length}`
  const { ok, stdout, stderr } = await nix(
    ['eval', '--impure', '--json', '--expr', expression],
    AbortSignal.timeout(120_000),
  )
  return ok ? (JSON.parse(stdout) as readonly (readonly string[])[]).map((each) => each.map(programsIn)) : stderr
}

const programsIn = (path: string): readonly string[] =>
  path.split(':').flatMap((part) => /\/[a-z0-9]{32}-(.+)\/bin$/.exec(part)?.[1] ?? [])

test('nix makes of the flake of each repository of the corpus a shell with the packages that it names, for both systems', async () => {
  const all = [...corpus, ...unkind].map(({ files }) => foundIn(files))
  const names = all.map(packagesOf)
  const shells = await evaluated(
    all.map((found) => writeFlake('app', found)),
    names.flat(),
  )
  const expected = names.map((each) => each.map((name) => name.split('.').at(-1)))
  expect(shells).toEqual(expected.map((each) => [each, each]))
})

test('of a package that nixpkgs has not for the system, nix says which it is and what to do', async () => {
  const found = foundIn({ justfile: '', Brewfile: 'brew "hugo"\n' })
  expect(await evaluated([writeFlake('app', found)], ['just'])).toContain(
    'error: nixpkgs has no hugo for x86_64-linux: take it out of environments/app/flake.nix, or name another',
  )
})

const knownNames = [
  ...new Set([
    ...toolNames.flatMap((name) => entryOf(name).lines.flatMap(({ packages }) => packages)),
    ...[...programs.values(), ...libraryPackages.values()].flat(),
  ]),
].sort()

/** Of these names those by which a nixpkgs has nothing. */
async function missingIn(nixpkgs: string, names: readonly string[]): Promise<readonly string[]> {
  const file = join(await temporaryFolder(), 'names.json')
  await writeFile(file, JSON.stringify(names))
  const expression = `
    let
      packages = import ${nixpkgs} { system = "x86_64-linux"; config.allowUnfree = true; };
      parts = name: builtins.filter builtins.isString (builtins.split "[.]" name);
      find = name: builtins.foldl' (set: part: set.\${part} or null) packages (parts name);
      isThere = name: let tried = builtins.tryEval ((find name).name or null); in tried.success && tried.value != null;
    in builtins.filter (name: !(isThere name)) (builtins.fromJSON (builtins.readFile ${file}))`
  const nix = await nixOfTest()
  const { ok, stdout, stderr } = await nix(
    ['eval', '--impure', '--json', '--expr', expression],
    AbortSignal.timeout(540_000),
  )
  if (!ok) throw new Error(stderr)
  return JSON.parse(stdout)
}

test('a name by which a nixpkgs has nothing is found, also one below others', async () => {
  const small = join(await temporaryFolder(), 'nixpkgs')
  await writeSmallNixpkgs(small, asTree(knownNames))
  expect(await missingIn(small, [...knownNames, 'no-such', 'php84Packages.none', 'just.below'])).toEqual([
    'no-such',
    'php84Packages.none',
    'just.below',
  ])
})

/** The pinned one, which no test can fetch. A folder with its `lib` alone is none. */
const { NIXPKGS_LIB: nixpkgs = '' } = process.env

if (await pathExists(join(nixpkgs, 'pkgs/top-level'))) {
  test('the pinned nixpkgs has every package that a flake of found tools names by itself', async () => {
    expect(await missingIn(nixpkgs, knownNames)).toEqual([])
  })
} else process.stderr.write('Names of packages were not looked up in nixpkgs: NIXPKGS_LIB names no copy of it.\n')
