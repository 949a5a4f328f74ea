import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import type { GuestImage } from '../../../main/machines/guest-image.ts'
import {
  buildsFor,
  hasFlakes,
  inspectNix,
  type NixConfig,
  type NixHost,
} from '../../../main/machines/nix-guest/nix-host.ts'
import { nixProblems } from '../../../main/machines/nix-guest/problems.ts'
import { createVfkitDriver } from '../../../main/machines/vfkit/driver.ts'
import { type MacHost, macosOf } from '../../../main/machines/vfkit/host.ts'
import { hypervisorProblems, macProblems, rosettaKernelProblems } from '../../../main/machines/vfkit/problems.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const mac: MacHost = {
  ...{ appleSilicon: true, macos: 15, isRoot: false, rosetta: true },
  ...{ vfkit: '/nix/store/x-vfkit/bin/vfkit', socat: undefined },
}
const nix: NixHost = { version: '2.31.2', flakes: true, buildsGuests: true }
const system = 'aarch64-darwin'

/** What `doctor` prints of them. */
const told = (problems: ReturnType<typeof macProblems>) =>
  problems.map(
    ({ code, message, cure, optional }) => `${optional ? 'optional' : 'missing'} ${code}: ${message} > ${cure}`,
  )

test('a Mac that has everything lacks nothing', () => {
  expect([...macProblems(mac), ...nixProblems(nix, system)]).toEqual([])
})

test.each([
  [
    { appleSilicon: false, rosetta: false },
    [
      'missing apple-silicon-missing: This Mac has an Intel processor; guests are built for Apple Silicon > Use a Mac with Apple Silicon, or a Linux host',
    ],
  ],
  [
    { macos: 12 },
    [
      'missing macos-old: macOS 12 is too old; 13 is the oldest that works > Upgrade macOS in System Settings > General > Software Update',
    ],
  ],
  [
    { macos: 14 },
    [
      'optional macos-shares: On macOS 14, parallel builds in a guest can fail with "No such file or directory" for files that exist > Upgrade to macOS 15 or newer in System Settings > General > Software Update',
    ],
  ],
  [
    { isRoot: true },
    [
      'missing root: Virtual machines never run as root: a guest could leave files of root in your folders > Run the same command as yourself, without sudo',
    ],
  ],
  [
    { rosetta: false },
    [
      'optional rosetta-missing: Rosetta is missing; with it, guests also run programs for x86_64-linux > softwareupdate --install-rosetta',
    ],
  ],
] satisfies [Partial<MacHost>, string[]][])('a Mac with %o is told what and how', (changes, lines) => {
  expect(told(macProblems({ ...mac, ...changes }))).toEqual(lines)
})

test('doctor tells of a Rosetta that does not start on the kernel of the image', () => {
  expect(told(rosettaKernelProblems(mac, '6.18.2'))).toEqual([
    "optional rosetta-kernel: Before macOS 26, Rosetta does not start on the guest's Linux 6.18.2: guests run no programs for x86_64-linux > Upgrade to macOS 26 or newer in System Settings > General > Software Update",
  ])
  expect(rosettaKernelProblems({ ...mac, macos: 26 }, '6.18.2')).toEqual([])
  expect(rosettaKernelProblems(mac, '6.12.60')).toEqual([])
  expect(rosettaKernelProblems(mac, undefined)).toEqual([])
  expect(rosettaKernelProblems({ ...mac, rosetta: false }, '6.18.2')).toEqual([])
})

test.each([
  [
    undefined,
    [
      'missing nix-missing: Nix is missing; it builds the guest, and brings vfkit, which runs it > Install it: https://nixos.org/download (2.4 or newer), then open a new terminal',
    ],
  ],
  [
    { ...nix, version: '2.3.16' },
    ['missing nix-old: Nix 2.3.16 is too old; 2.4 is the oldest with flakes > Upgrade it: sudo -i nix upgrade-nix'],
  ],
  [
    { ...nix, buildsGuests: false },
    [
      'missing linux-builder-missing: This Nix has no builder for aarch64-linux, and the guest is Linux > With nix-darwin: nix.linux-builder.enable = true, then darwin-rebuild switch. Without: nix run nixpkgs#darwin.linux-builder',
    ],
  ],
  [
    { ...nix, flakes: false },
    [
      'optional flakes-off: Flakes are off for your own nix commands; tasks and the guest have them on, but your flake.nix may need a lock > Add "experimental-features = nix-command flakes" to ~/.config/nix/nix.conf',
    ],
  ],
] satisfies [NixHost | undefined, string[]][])('nix as %o is told what and how', (found, lines) => {
  expect(told(nixProblems(found, system))).toEqual(lines)
})

test('an unfit Mac starts no machine', async () => {
  const image = () => Promise.reject(new Error('asked for an image'))
  const driver = createVfkitDriver({ image, log: silentLog, host: async () => ({ ...mac, isRoot: true }) })
  const start = driver.start({} as Parameters<typeof driver.start>[0], new AbortController().signal)
  await expect(start).rejects.toMatchObject({ code: 'host-incomplete', hint: expect.stringContaining('without sudo') })
})

test('with no vfkit, neither in the image nor on the host, nothing is started', async () => {
  const image = async () => ({ kernel: '/k' }) as GuestImage
  const driver = createVfkitDriver({ image, log: silentLog, host: async () => ({ ...mac, vfkit: undefined }) })
  const start = driver.start({ name: 'x' } as Parameters<typeof driver.start>[0], new AbortController().signal)
  await expect(start).rejects.toMatchObject({ code: 'host-incomplete', message: 'vfkit is missing on this host' })
})

test.each([
  ['22.6.0', 13],
  ['24.5.0', 15],
  ['25.0.0', 26],
])('Darwin %s is macOS %i', (darwin, macos) => {
  expect(macosOf(darwin)).toBe(macos)
})

const value = (of: unknown) => ({ value: of })

test.each([
  [
    'a machine in /etc/nix/machines',
    {},
    'ssh-ng://builder@linux-builder aarch64-linux /etc/nix/builder_ed25519 4 1 kvm - x',
    true,
  ],
  ['one of several systems', {}, '# mine\nssh://b x86_64-linux,aarch64-linux - 1', true],
  ['one written into the setting', {}, 'ssh://a x86_64-linux ; ssh://b aarch64-linux', true],
  ['one for another system', {}, 'ssh://b x86_64-linux - 1', false],
  ['one that is commented out', {}, '#ssh://b aarch64-linux', false],
  ['an own system', { system: value('aarch64-linux') }, '', true],
  ['an extra platform', { 'extra-platforms': value(['aarch64-linux', 'i686-linux']) }, '', true],
  [
    "Determinate's native builder",
    { 'external-builders': value([{ systems: ['aarch64-linux'], program: '/x' }]) },
    '',
    true,
  ],
  ['nothing', { system: value('aarch64-darwin'), builders: value('@/etc/nix/machines') }, '@/etc/nix/machines', false],
] satisfies [string, NixConfig, string, boolean][])('%s builds guests: %o', (_, config, machines, builds) => {
  expect(buildsFor(config, machines, 'aarch64-linux')).toBe(builds)
})

test('flakes need both features', () => {
  expect(hasFlakes({ 'experimental-features': value(['flakes', 'nix-command']) })).toBe(true)
  expect(hasFlakes({ 'experimental-features': value(['flakes']) })).toBe(false)
  expect(hasFlakes({})).toBe(false)
})

test('a nix is asked for its version and settings by either name of the command, and for the machines that it names', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'machines'), 'ssh-ng://builder@linux-builder aarch64-linux\n')
  const config = JSON.stringify({
    'experimental-features': value(['flakes', 'nix-command']),
    builders: value(`@${folder}/machines`),
    system: value('aarch64-darwin'),
    'extra-platforms': value([]),
  })
  await writeFile(join(folder, 'config.json'), config)
  const program = async (show: string) => {
    const path = join(folder, 'nix')
    const script = `#!/bin/sh\ncase "$*" in\n--version) echo 'nix (Nix) 2.18.1' ;;\n'${show} --json'*) cat ${folder}/config.json ;;\n*) exit 1 ;;\nesac\n`
    await writeFile(path, script)
    await chmod(path, 0o755)
    return path
  }
  for (const show of ['config show', 'show-config']) {
    expect(await inspectNix(await program(show), system)).toEqual({
      version: '2.18.1',
      flakes: true,
      buildsGuests: true,
    })
  }
  expect(await inspectNix(join(folder, 'nowhere'), system)).toBeUndefined()
  expect(await inspectNix(undefined, system)).toBeUndefined()
})

test('a Debian guest brings no program along: without vfkit none runs, without socat only what needs it', () => {
  expect(told(hypervisorProblems({ ...mac, socat: '/opt/homebrew/bin/socat' }))).toEqual([])
  expect(told(hypervisorProblems({ ...mac, vfkit: undefined }))).toEqual([
    'missing vfkit-missing: vfkit is missing; it runs the virtual machines, and comes with the app > Use the command line of the app, or run: brew install vfkit',
    'optional socat-missing: socat is missing; tasks whose ANTHROPIC_BASE_URL is an address of this Mac need it > brew install socat',
  ])
})
