import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { unpackedNix } from '../support/machines/nix.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = packageDirectory()
const folder = join(root, 'packaging/nix')
const soon = () => AbortSignal.timeout(120_000)

async function ownNix() {
  const home = await temporaryFolder()
  return { home, nix: await unpackedNix(home, AbortSignal.timeout(600_000)) }
}

test('every nix file of the package parses and knows all its names', async () => {
  const { nix } = await ownNix()
  const names = await readdir(folder)
  expect(names.toSorted()).toEqual(['darwin-module.nix', 'nixos-module.nix', 'options.nix', 'package.nix'])
  for (const path of [...names.map((name) => join(folder, name)), join(root, 'flake.nix')]) {
    const { ok, stderr } = await nix(['eval', '--impure', '--expr', `builtins.typeOf (import ${path})`], soon())
    expect(ok, stderr).toBe(true)
  }
})

test('the lock file is the one of the flake, and its packages are those that the guest is made of', async () => {
  const { nix, home } = await ownNix()
  const flake = join(home, 'flake')
  await mkdir(flake)
  for (const name of ['flake.nix', 'flake.lock']) await cp(join(root, name), join(flake, name))
  const asked = ['flake', 'metadata', '--json', '--offline', '--no-update-lock-file', `path:${flake}`]
  const { ok, stdout, stderr } = await nix(asked, soon())
  expect(ok, stderr).toBe(true)
  const locked = async (path: string) => JSON.parse(await readFile(path, 'utf8')).nodes.nixpkgs.locked
  expect(JSON.parse(stdout).locks.nodes.nixpkgs.locked).toEqual(await locked(join(root, 'nix/flake.lock')))
})

/** A folder with github:nix-community/nixpkgs.lib; without it, what follows is not evaluated. */
const { NIXPKGS_LIB: nixpkgsLib = '' } = process.env

/** Evaluates an expression with `lib`, `pkgs` (packages by name alone) and `self` (the flake). */
async function evaluated(expression: string, isDarwin = false): Promise<unknown> {
  const { nix } = await ownNix()
  const text = `let
    lib = import ${nixpkgsLib}/lib;
    package = name: { inherit name; outPath = "/store/" + name; meta.mainProgram = name; type = "derivation"; overrideAttrs = _: package (name + "-patched"); };
    pkgs = lib.genAttrs [ "cpio" "erofs-utils" "git" "iproute2" "makeWrapper" "mmdebstrap" "nodejs_24" "passt" "qemu_kvm" "socat" "vfkit" "virtiofsd" ] package // {
      inherit lib;
      stdenv.hostPlatform = { isDarwin = ${isDarwin}; system = "x"; };
      buildNpmPackage = given: given;
      importNpmLock = { npmConfigHook = "hook"; __functor = _: given: given; };
    };
    self.packages.x.default = package "microvm-orchestrator";
    module = file: options: (lib.evalModules {
      specialArgs = { inherit pkgs; };
      modules = [
        (import file self)
        { services.microvm-orchestrator.enable = true; }
        { options = lib.genAttrs ([ "environment" ] ++ options) (_: lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; }); }
      ];
    }).config;
    built = lib.callPackageWith pkgs ${folder}/package.nix { };
  in ${expression}`
  const { ok, stdout, stderr } = await nix(['eval', '--impure', '--json', '--expr', text], soon())
  expect(ok, stderr).toBe(true)
  return JSON.parse(stdout)
}

if (nixpkgsLib) {
  test('each package of the lock file is fetched from npm by its hash', async () => {
    const packages = (await evaluated(
      'lib.mapAttrs (_: entry: { url = entry.resolved or null; hash = entry.integrity or null; }) built.npmDeps.packageLock.packages',
    )) as Record<string, { url: string | null; hash: string | null }>
    expect(packages['node_modules/zod']?.url).toMatch(/^https:\/\/registry\.npmjs\.org\/zod\/-\/zod-[\d.]+\.tgz$/)
    expect(packages['node_modules/@modelcontextprotocol/sdk']?.url).toMatch(/\/@modelcontextprotocol\/sdk\/-\/sdk-/)
    const unlocated = Object.entries(packages).filter(([path, { url }]) => path !== '' && url === null)
    expect(unlocated.map(([path]) => path).filter((path) => !path.startsWith('node_modules/@biomejs/cli-'))).toEqual([])
    expect(Object.values(packages).filter(({ url, hash }) => url !== null && hash === null)).toEqual([])
  })

  test('the command finds what its host needs, and a Mac the vfkit with the patch', async () => {
    expect(await evaluated('built.postInstall')).toContain('/store/virtiofsd/bin')
    expect(await evaluated('built.postInstall', true)).toContain('/store/vfkit-patched/bin')
    expect(await evaluated('built.src.outPath or "there"')).toBeTruthy()
  })

  test('NixOS and nix-darwin start the server for each user, and leave machines to themselves when it is started again', async () => {
    const unit = await evaluated(
      `(module ${folder}/nixos-module.nix [ "systemd" ]).systemd.user.services.microvm-orchestrator.serviceConfig`,
    )
    expect(unit).toEqual({
      ExecStart: '/store/microvm-orchestrator/bin/microvm-orchestrator serve',
      Restart: 'on-failure',
      KillMode: 'process',
    })
    const agent = await evaluated(
      `(module ${folder}/darwin-module.nix [ "launchd" ]).launchd.user.agents.microvm-orchestrator.serviceConfig`,
    )
    expect(agent).toMatchObject({
      ProgramArguments: ['/store/microvm-orchestrator/bin/microvm-orchestrator', 'serve'],
      AbandonProcessGroup: true,
    })
  })
} else {
  test('that it was not evaluated is said where everybody sees it', async () => {
    process.stderr.write('The nix package and its modules were not evaluated: NIXPKGS_LIB names no folder.\n')
    expect(await readFile(join(folder, 'package.nix'), 'utf8')).toContain('importNpmLock')
  })
}
