import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { parseManifest } from '../../main/machines/nix-guest/manifest.ts'
import { rosettaRuns } from '../../main/machines/vfkit/rosetta.ts'
import { type Nix, unpackedNix } from '../support/machines/nix.ts'
import { temporaryFolder } from '../support/temporary.ts'

const flake = join(packageDirectory(), 'nix')
const soon = () => AbortSignal.timeout(120_000)

/** A nix of its own and a copy of the flake, to be changed. */
async function copyOfFlake() {
  const folder = await temporaryFolder()
  const nix = await unpackedNix(folder, AbortSignal.timeout(600_000))
  const copy = join(folder, 'flake')
  await cp(flake, copy, { recursive: true })
  return { nix, copy, folder }
}

const typeOfFile = (nix: Nix, path: string) =>
  nix(['eval', '--impure', '--expr', `builtins.typeOf (import ${path})`], soon())

test('every nix file of the guest parses and knows all its names; one with a mistake does not', async () => {
  const { nix, copy } = await copyOfFlake()
  const names = (await readdir(copy)).filter((name) => name.endsWith('.nix'))
  expect(names.toSorted()).toEqual(['flake.nix', 'guest.nix', 'manifest.nix', 'vfkit.nix'])
  for (const name of names) expect(await typeOfFile(nix, join(copy, name))).toMatchObject({ ok: true, stderr: '' })
  const guest = await readFile(join(copy, 'guest.nix'), 'utf8')
  for (const broken of [guest.replace('};', '}'), guest.replace('cfg.volumes.nix-store', 'cgf.volumes.nix-store')]) {
    expect(broken).not.toBe(guest)
    await writeFile(join(copy, 'guest.nix'), broken)
    expect((await typeOfFile(nix, join(copy, 'guest.nix'))).ok).toBe(false)
  }
})

test('the lock file is the one of this flake, and pins each input by its hash', async () => {
  const { nix, copy } = await copyOfFlake()
  const metadata = (path: string) =>
    nix(['flake', 'metadata', '--json', '--offline', '--no-update-lock-file', `path:${path}`], soon())
  const { ok, stdout, stderr } = await metadata(copy)
  expect(ok, stderr).toBe(true)
  const { nodes } = (JSON.parse(stdout) as { locks: { nodes: Record<string, { locked?: object }> } }).locks
  for (const input of ['nixpkgs', 'microvm']) {
    expect(nodes[input]?.locked).toMatchObject({
      rev: expect.stringMatching(/^[0-9a-f]{40}$/),
      narHash: expect.stringMatching(/^sha256-/),
    })
  }
  const text = await readFile(join(copy, 'flake.nix'), 'utf8')
  await writeFile(join(copy, 'flake.nix'), text.replace('github:NixOS/nixpkgs/nixos-unstable', 'path:/nowhere'))
  expect((await metadata(copy)).ok).toBe(false) // It looks for what the lock does not pin.
})

test('the files that are shown of a flake make the shell that all of its repository makes', async () => {
  const folder = await temporaryFolder()
  const nix = await unpackedNix(folder, AbortSignal.timeout(600_000))
  const [repository, files] = [join(folder, 'repository'), join(folder, 'files')]
  await mkdir(join(repository, 'nix'), { recursive: true })
  const write = (name: string, text: string) => writeFile(join(repository, name), text)
  const flakeWith = (extra: string) =>
    write(
      'flake.nix',
      `{ outputs = { self }: { devShells.x86_64-linux.default = import ./nix/shell.nix { inputs' = [ ${extra} ]; }; }; }`,
    )
  await write('VERSION', '1.2\n')
  await writeFile(join(repository, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
  await write('large', 'x'.repeat(2_000_000))
  await write(
    'nix/shell.nix',
    `{ inputs' }: derivation {
      name = "shell"; system = "x86_64-linux"; builder = "/bin/sh"; inherit inputs';
      version = builtins.readFile ../VERSION; file = "\${../run.sh}"; hook = ''cd ./none ''\${PWD} \${../VERSION}'';
    }`,
  )
  const copied = () => run('perl', [join(flake, 'flake-files.pl'), repository, files])
  const shell = async (path: string) => {
    const { ok, stdout, stderr } = await nix(
      ['eval', '--raw', '--offline', `path:${path}#devShells.x86_64-linux.default.drvPath`],
      soon(),
    )
    expect(ok, stderr).toBe(true)
    return stdout
  }
  await flakeWith('')
  expect(await copied()).toMatchObject({ ok: true })
  expect((await readdir(files, { recursive: true })).toSorted()).toEqual([
    'VERSION',
    'flake.nix',
    'nix',
    'nix/shell.nix',
    'run.sh',
  ])
  expect(await shell(files)).toBe(await shell(repository))
  // Of the flake itself a part is another thing, so that nix has to be shown all of it.
  await flakeWith(`"\${self}"`)
  expect(await copied()).toMatchObject({ ok: false })
  await write('../files/flake.nix', await readFile(join(repository, 'flake.nix'), 'utf8'))
  expect(await shell(files)).not.toBe(await shell(repository))
})

/**
 * Folders with a copy of nixpkgs' `lib` (github:nix-community/nixpkgs.lib) and of microvm.nix as the lock file pins it. With both,
 * the whole guest is evaluated against names and types of packages and options; a real nixpkgs takes gigabytes.
 */
const { NIXPKGS_LIB: nixpkgsLib = '', MICROVM_NIX: microvm = '' } = process.env

async function evaluated() {
  const { nix, copy, folder } = await copyOfFlake()
  const stub = join(folder, 'nixpkgs')
  await mkdir(stub)
  await cp(join(import.meta.dirname, 'nixpkgs-stub'), stub, { recursive: true })
  await cp(join(nixpkgsLib, 'lib'), join(stub, 'lib'), { recursive: true })
  const inputs = ['--override-input', 'nixpkgs', `path:${stub}`, '--override-input', 'microvm', `path:${microvm}`]
  const evaluate = (attribute: string, ...options: readonly string[]) =>
    nix(['eval', '--no-write-lock-file', ...inputs, ...options, `path:${copy}#${attribute}`], soon())
  return {
    evaluate,
    /** What the drivers and the runner count on; undefined where it does not evaluate. */
    facts: async (): Promise<unknown> => {
      const asked = await readFile(join(import.meta.dirname, 'guest-facts.nix'), 'utf8')
      const { stdout, ok } = await evaluate('nixosConfigurations.guest-aarch64.config', '--json', '--apply', asked)
      if (!ok) return undefined
      const manifest = await evaluate('packages.aarch64-darwin.manifest.text', '--raw')
      return masked({ ...JSON.parse(stdout), manifest: manifest.ok && JSON.parse(manifest.stdout) })
    },
    /** Makes a mistake. */
    plant: async (file: string, right: string, wrong: string) => {
      const text = await readFile(join(copy, file), 'utf8')
      expect(text).toContain(right)
      await writeFile(join(copy, file), text.replaceAll(right, wrong))
    },
    check: () =>
      nix(['flake', 'check', '--no-build', '--all-systems', '--no-write-lock-file', ...inputs, `path:${copy}`], soon()),
  }
}

const { claude } = JSON.parse(await readFile(join(flake, 'debian/pins.json'), 'utf8')) as {
  claude: { version: string }
}

/** Paths of the store by their names alone, and no version that is a pin's. */
const masked = (facts: unknown): unknown =>
  JSON.parse(
    JSON.stringify(facts)
      .replaceAll(/[^\s"'=:]*\/store\/[a-z0-9]{32}-/g, 'store:')
      .replaceAll(claude.version, 'PINNED'),
  )

const expectedFacts = async (): Promise<unknown> =>
  JSON.parse(await readFile(join(import.meta.dirname, 'guest-facts.json'), 'utf8'))

/** Copies that no test can fetch: given by NIXPKGS_LIB and MICROVM_NIX. */
if (nixpkgsLib && microvm) {
  test('the flake evaluates for every system, and its manifests are what the host reads', async () => {
    const { evaluate, check } = await evaluated()
    const { ok, stderr } = await check()
    expect(ok, stderr).toBe(true)
    expect(stderr).toContain('nixosConfigurations.guest-aarch64')
    expect(stderr).toContain('nixosConfigurations.guest-x86_64')
    // microvm.nix's copy is the locked one: nix tells only what differs, and of it its place alone.
    const { narHash } = JSON.parse(await readFile(join(flake, 'flake.lock'), 'utf8')).nodes.microvm.locked
    expect(stderr.split(encodeURIComponent(narHash).replace('sha256-', 'sha256-'))).toHaveLength(3)

    for (const [host, hypervisor] of [
      ['aarch64-darwin', 'vfkit'],
      ['aarch64-linux', 'qemu'],
      ['x86_64-linux', 'qemu'],
    ] as const) {
      const { stdout } = await evaluate(`packages.${host}.manifest.text`, '--raw')
      const manifest = parseManifest(stdout, host)
      const mac = hypervisor === 'vfkit'
      expect(manifest).toMatchObject({ hypervisor, rosettaTag: mac ? 'rosetta' : null, claudeVersion: claude.version })
      expect(Object.keys(manifest.tools)).toEqual(mac ? ['vfkit', 'socat'] : [])
      expect(manifest.kernelParams.filter((parameter) => /^(init|regInfo)=/.test(parameter))).toHaveLength(2)
      expect(stdout).not.toMatch(/Users|\.microvm|127\.0\.0\.1|02:/) // Nothing of a host, a task or a slot.
    }
  })

  test('the host needs nothing of the guest but kernel, initrd and disk to have its manifest', async () => {
    const { evaluate } = await evaluated()
    const inputs = 'manifest: builtins.attrNames (builtins.getContext manifest.text)'
    const { stdout, stderr } = await evaluate('packages.aarch64-darwin.manifest', '--json', '--apply', inputs)
    expect(stderr).not.toContain('error:')
    const names = (JSON.parse(stdout) as string[]).map((path) => path.replace(/^.*?\/[a-z0-9]{32}-/, ''))
    expect(names.toSorted()).toEqual([
      'initrd.drv',
      'linux.drv',
      'microvm-store-disk.erofs.drv',
      'socat.drv',
      'vfkit.drv',
    ])
  })

  test("a Mac's vfkit is built with the patch, and what the guest is started with is that one", async () => {
    const { evaluate } = await evaluated()
    const { stdout } = await evaluate('packages.aarch64-darwin.vfkit.preBuild', '--raw')
    expect(stdout).toMatch(/^patch .*vz\/v3 .*<.*-vfkit-half-close\.patch$/m)
    const { stdout: own } = await evaluate('packages.aarch64-darwin.vfkit.outPath', '--raw')
    const manifest = await evaluate('packages.aarch64-darwin.manifest.text', '--raw')
    expect(parseManifest(manifest.stdout, '').tools.vfkit).toBe(`${own}/bin/vfkit`)
  })

  test("Rosetta starts on the kernel of a Mac's guest under every macOS that runs it", async () => {
    const { evaluate } = await evaluated()
    const { stdout } = await evaluate('packages.aarch64-darwin.manifest.text', '--raw')
    const { kernelVersion } = parseManifest(stdout, 'aarch64-darwin')
    for (const macos of [13, 14, 15, 26]) expect(rosettaRuns(kernelVersion, macos)).toBe(true)
  })

  test('the guest is what its drivers count on, and every option of it is as recorded', async () => {
    const { facts } = await evaluated()
    // A deliberate change is recorded by: GUEST_FACTS=write npx vitest run --project machine test/nix/flake
    if (process.env.GUEST_FACTS === 'write')
      await writeFile(join(import.meta.dirname, 'guest-facts.json'), `${JSON.stringify(await facts(), null, 2)}\n`)
    expect(await facts()).toEqual(await expectedFacts())
  })

  test.each([
    ['a misspelt option', 'guest.nix', 'storeOnDisk = true', 'storeOnDisc = true'],
    ['a misspelt part of a disk', 'guest.nix', 'autoFormat = true', 'autoformat = true'],
    ['a misspelt package', 'guest.nix', 'ripgrep\n', 'ripgrap\n'],
    ['a value of the wrong type', 'guest.nix', 'lib.mkDefault 4096', 'lib.mkDefault "much"'],
    ['a pin that is not there', 'guest.nix', 'pins.arm64', 'pins.riscv'],
    ['a store that no overlay can write', 'guest.nix', 'accept-flake-config = true;', 'auto-optimise-store = true;'],
    ['a guest that NixOS thinks locked', 'guest.nix', 'allowNoPasswordLogin = true;', ''],
    ['a manifest that names nothing', 'manifest.nix', 'inherit (microvm) storeDisk', 'inherit (microvm) storeDisc'],
    ['an architecture that no guest has', 'flake.nix', 'guest = "aarch64-linux"', 'guest = "aarch46-linux"'],
  ])('%s does not evaluate', async (_, file, right, wrong) => {
    const { plant, check } = await evaluated()
    await plant(file, right, wrong)
    expect((await check()).ok).toBe(false)
  })

  test.each([
    [
      'the task starts before its store is sound',
      '"microvm-store.service"\n        "microvm-forwards',
      '"microvm-forwards',
    ],
    ['the task starts with an unsound store', 'requires = [ "microvm-store.service" ];', ''],
    ['an unsound store leaves the machine on', 'unitConfig.OnFailure = [ "poweroff.target" ];', ''],
    ["nix's daemon starts before its store is sound", 'before = [ "nix-daemon.service" ];', ''],
    ['a misspelt unit', '"microvm-forwards.service"', '"microvm-forward.service"'],
    ['a task that does not wait for its folders', 'lib.attrValues cfg.shares ++', ''],
    ['a task that does not wait for its containers', ' ++ [ cfg.volumes.containers ]', ''],
    ["nix's daemon does not wait for the share", 'unitConfig.RequiresMountsFor = [ cfg.shares.share ];', ''],
    ["nix's daemon does not ask for its way", 'EnvironmentFile = "-/run/microvm-proxy";', ''],
    ['no address', 'networkConfig.DHCP = "ipv4"', 'networkConfig.DHCP = "no"'],
    ['one lease for all slots', 'ClientIdentifier = "mac"', 'ClientIdentifier = "duid"'],
    ['no loader for programs from elsewhere', 'programs.nix-ld.enable = true', 'programs.nix-ld.enable = false'],
    ['a login on the console of the task', '"serial-getty@hvc0".enable = false', '"serial-getty@hvc0".enable = true'],
    [
      'too few users for a container',
      'count = 65536;\n          }\n        ];\n        subGid',
      'count = 1;\n          }\n        ];\n        subGid',
    ],
    ['no wrappers on the way of the task', '/run/wrappers/bin:', ''],
    [
      'a killed runner leaves the machine on',
      '"+/run/current-system/sw/bin/systemctl',
      '"-/run/current-system/sw/bin/systemctl',
    ],
    ['the host is not told that the task needs its shares no more', './last-act.sh}', './store.sh}'],
    ['x86_64 programs before Rosetta is mounted', 'after = [ "run-rosetta.mount" ];', ''],
    ['flakes switched off', '          "flakes"\n', ''],
    ['one machine id for all guests', 'machineId = null;', ''],
    ['a cache in another place', 'd /var/cache/', 'd /var/caches/'],
    ['containers that others may read', '{cfg.volumes.containers} 0700', '{cfg.volumes.containers} 0755'],
    ['a journal that grows with every start', 'Storage=volatile', 'Storage=persistent'],
    ['a clock that is not set in one step', 'makestep 1 -1', 'makestep 1 3'],
    ['a share that is needed to boot', 'fsType = "virtiofs";', 'fsType = "virtiofs";\n        neededForBoot = true;'],
    ['no firewall', 'firewall.enable = true', 'firewall.enable = false'],
    ['a task with the network of no name server', 'FallbackDNS=1.1.1.1 9.9.9.9', ''],
  ])('%s: the facts tell', async (_, right, wrong) => {
    const { plant, facts } = await evaluated()
    await plant('guest.nix', right, wrong)
    expect(await facts()).not.toEqual(await expectedFacts())
  })

  test('a guest without a console: the manifest tells', async () => {
    const { plant, evaluate } = await evaluated()
    const parameters = async () =>
      parseManifest((await evaluate('packages.x86_64-linux.manifest.text', '--raw')).stdout, '').kernelParams
    expect(await parameters()).toContain('console=hvc0')
    await plant('manifest.nix', '"console=hvc0"', '')
    expect(await parameters()).not.toContain('console=hvc0')
  })
} else {
  test('the lock file pins what the guest is evaluated with', async () => {
    // Said where everybody sees it: without the two folders the tests above were not run.
    process.stderr.write('The NixOS guest was not evaluated: NIXPKGS_LIB and MICROVM_NIX name no folders.\n')
    const { nodes } = JSON.parse(await readFile(join(flake, 'flake.lock'), 'utf8')) as { nodes: object }
    expect(Object.keys(nodes).toSorted()).toEqual(['microvm', 'nixpkgs', 'root'])
  })
}
