import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/paths.ts'
import { parseManifest } from '../../main/machines/nix-guest/manifest.ts'
import { type Nix, unpackedNix } from '../support/nix.ts'
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
  expect(names.toSorted()).toEqual(['flake.nix', 'guest.nix', 'manifest.nix'])
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
  return {
    copy,
    evaluate: (attribute: string, ...options: readonly string[]) =>
      nix(['eval', '--no-write-lock-file', ...inputs, ...options, `path:${copy}#${attribute}`], soon()),
    check: () =>
      nix(['flake', 'check', '--no-build', '--all-systems', '--no-write-lock-file', ...inputs, `path:${copy}`], soon()),
  }
}

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
      expect(manifest).toMatchObject({ hypervisor, rosettaTag: mac ? 'rosetta' : null, claudeVersion: '2.1.330' })
      expect(Object.keys(manifest.tools)).toEqual(mac ? ['vfkit', 'socat'] : [])
      expect(manifest.kernelParams.filter((parameter) => /^(init|regInfo)=/.test(parameter))).toHaveLength(2)
      expect(stdout).not.toMatch(/Users|\.microvm|127\.0\.0\.1|02:/) // Nothing of a host, a task or a slot.
    }
  })

  test('the guest is what its drivers count on', async () => {
    const { evaluate } = await evaluated()
    const facts = `config: {
    disks = builtins.mapAttrs (_: f: [ f.device f.fsType f.autoFormat f.neededForBoot ]) (removeAttrs config.fileSystems [ "/" "/nix/store" ]);
    rosetta = config.fileSystems."/run/rosetta".options;
    store = config.fileSystems."/nix/store".overlay;
    initrd = config.boot.initrd.systemd.enable;
    user = config.users.users.claude.uid;
    lease = config.systemd.network.networks."10-host".dhcpV4Config.ClientIdentifier;
    clock = config.services.chrony.extraConfig;
    daemon = config.systemd.services.nix-daemon.serviceConfig.EnvironmentFile;
    docker = config.virtualisation.podman.dockerCompat;
    timeLine = builtins.match ".* -u VSOCK-LISTEN:123,fork 'EXEC:bash /.*-clock.sh'" config.systemd.services.microvm-clock.serviceConfig.ExecStart != null;
    task = builtins.match ".*/bash /.*-task-runner.sh" config.systemd.services.microvm-task.serviceConfig.ExecStart != null;
  }`
    const { stdout, stderr } = await evaluate('nixosConfigurations.guest-aarch64.config', '--json', '--apply', facts)
    expect(stderr).not.toContain('error:')
    expect(JSON.parse(stdout)).toEqual({
      disks: {
        '/nix/.ro-store': ['/dev/disk/by-id/virtio-root', 'erofs', false, true],
        '/nix/.rw-store': ['/dev/disk/by-id/virtio-nix-store', 'ext4', true, true],
        '/nix/var': ['/nix/.rw-store/var', 'none', false, true],
        '/var': ['/dev/disk/by-id/virtio-var', 'ext4', true, true],
        '/containers': ['/dev/disk/by-id/virtio-containers', 'ext4', true, false],
        '/workspace': ['share', 'virtiofs', false, false],
        '/workspace/repo': ['repo', 'virtiofs', false, false],
        '/run/rosetta': ['rosetta', 'virtiofs', false, false],
      },
      rosetta: ['nofail'],
      store: { lowerdir: ['/nix/.ro-store'], upperdir: '/nix/.rw-store/store', workdir: '/nix/.rw-store/work' },
      ...{
        initrd: true,
        user: 1000,
        lease: 'mac',
        clock: 'makestep 1 -1',
        docker: true,
        daemon: '-/run/microvm-proxy',
        timeLine: true,
        task: true,
      },
    })
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
    const { copy, check } = await evaluated()
    const text = await readFile(join(copy, file), 'utf8')
    expect(text).toContain(right)
    await writeFile(join(copy, file), text.replaceAll(right, wrong))
    expect((await check()).ok).toBe(false)
  })
}
