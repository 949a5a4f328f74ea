import { expect, test } from 'vitest'
import { allSlots } from '../../../main/core/task/task.ts'
import { type VfkitMachine, vfkitArguments } from '../../../main/machines/vfkit/arguments.ts'
import { slotMac } from '../../../main/tasks/slots/slot-storage.ts'

const task = '/Users/me/project/.microvm/tasks/a1b2c3d4'
const slots = '/Users/me/.microvm-orchestrator/slots'
const run = '/tmp/microvm-orchestrator-501/a1b2c3d4'

const machine = (changes: Partial<VfkitMachine> = {}): VfkitMachine => ({
  cpus: 4,
  memoryMiB: 4096,
  kernel: '/nix/store/abc-linux/Image',
  initrd: '/nix/store/abc-initrd/initrd',
  kernelParameters: ['console=hvc0', 'init=/nix/store/abc-nixos/init'],
  root: '/nix/store/abc-store.erofs',
  volumes: [
    { serial: 'nix-store', path: `${slots}/3/nix-store.img` },
    { serial: 'var', path: `${slots}/3/var/var.img` },
    { serial: 'containers', path: `${slots}/3/container-storage/containers.img` },
  ],
  shares: [
    { tag: 'share', directory: `${task}/share` },
    { tag: 'repo', directory: `${task}/repo` },
  ],
  console: `${task}/serial.log`,
  mac: '02:6d:76:6d:00:03',
  relays: [],
  gatewaySocket: undefined,
  clockSocket: `${run}/io/clock.sock`,
  attachSocket: `${run}/io/attach.sock`,
  rosettaTag: undefined,
  controlSocket: `${run}/io/control.sock`,
  pidFile: `${run}/vfkit.pid`,
  ...changes,
})

const devices = (changes: Partial<VfkitMachine>) => {
  const all = vfkitArguments(machine(changes))
  return all.filter((_, index) => all[index - 1] === '--device')
}

test('the whole command line of an ordinary task', () => {
  expect(vfkitArguments(machine())).toEqual([
    ...['--cpus', '4', '--memory', '4096', '--log-level', 'info'],
    ...['--kernel', '/nix/store/abc-linux/Image', '--initrd', '/nix/store/abc-initrd/initrd'],
    ...['--kernel-cmdline', 'console=hvc0 init=/nix/store/abc-nixos/init loglevel=1 panic=0'],
    ...['--device', 'virtio-rng'],
    ...['--device', `virtio-serial,logFilePath=${task}/serial.log`],
    ...['--device', 'virtio-blk,path=/nix/store/abc-store.erofs,deviceId=root,readonly'],
    ...['--device', `virtio-blk,path=${slots}/3/nix-store.img,deviceId=nix-store`],
    ...['--device', `virtio-blk,path=${slots}/3/var/var.img,deviceId=var`],
    ...['--device', `virtio-blk,path=${slots}/3/container-storage/containers.img,deviceId=containers`],
    ...['--device', `virtio-fs,sharedDir=${task}/share,mountTag=share`],
    ...['--device', `virtio-fs,sharedDir=${task}/repo,mountTag=repo`],
    ...['--device', 'virtio-net,nat,mac=02:6d:76:6d:00:03'],
    ...['--device', `virtio-vsock,port=123,socketURL=${run}/io/clock.sock,connect`],
    ...['--device', `virtio-vsock,port=124,socketURL=${run}/io/attach.sock,connect`],
    ...['--restful-uri', `unix://${run}/io/control.sock`, '--pidfile', `${run}/vfkit.pid`],
  ])
})

test('paths with spaces, Unicode and an equals sign, and very long ones, go through as they are', () => {
  const folder = `/Users/Jürgen Müller/My = Projects/日本語 🦊/${'long/'.repeat(100)}repo`
  expect(devices({ shares: [{ tag: 'repo', directory: folder }], console: `${folder}.log` })).toEqual(
    expect.arrayContaining([`virtio-fs,sharedDir=${folder},mountTag=repo`, `virtio-serial,logFilePath=${folder}.log`]),
  )
  const inits = vfkitArguments(machine({ kernelParameters: ['a="b c"', 'ü'] }))
  expect(inits[inits.indexOf('--kernel-cmdline') + 1]).toBe('a="b c" ü loglevel=1 panic=0')
})

test('Rosetta is a device where the host has it, and nothing where not', () => {
  expect(devices({ rosettaTag: 'rosetta' }).at(-1)).toBe('rosetta,mountTag=rosetta')
  expect(devices({}).join()).not.toContain('rosetta')
})

test('a closed guest has no network card; what is forwarded comes over vsock, and the guest is told the ports', () => {
  const relays = [4000, 8080].map((port) => ({ port, socket: `${run}/io/forward-${port}.sock` }))
  const closed = devices({ mac: undefined, relays })
  expect(closed.filter((device) => device.startsWith('virtio-net'))).toEqual([])
  expect(closed.slice(-4, -2)).toEqual([
    `virtio-vsock,port=4000,socketURL=${run}/io/forward-4000.sock,listen`,
    `virtio-vsock,port=8080,socketURL=${run}/io/forward-8080.sock,listen`,
  ])
  expect(vfkitArguments(machine({ relays }))).toContain(
    'console=hvc0 init=/nix/store/abc-nixos/init loglevel=1 panic=0 microvm.forwards=4000,8080',
  )
})

test('a gateway is a port beyond those of TCP, and the guest is told which', () => {
  const gatewaySocket = `${run}/io/gateway.sock`
  expect(devices({ mac: undefined, gatewaySocket })).toContain(
    `virtio-vsock,port=103128,socketURL=${gatewaySocket},listen`,
  )
  const line = vfkitArguments(machine({ gatewaySocket }))
  expect(line[line.indexOf('--kernel-cmdline') + 1]).toMatch(/ panic=0 microvm\.gateway=103128$/)
})

test('of ten slots no two share a MAC address, a disk, a socket or a pid file', () => {
  const lines = allSlots.map((slot) =>
    vfkitArguments(
      machine({
        mac: slotMac(slot),
        volumes: [{ serial: 'var', path: `${slots}/${slot}/var/var.img` }],
        controlSocket: `/tmp/microvm-orchestrator-501/task-${slot}/io/control.sock`,
        pidFile: `/tmp/microvm-orchestrator-501/task-${slot}/vfkit.pid`,
      }),
    ),
  )
  for (const own of ['virtio-net,nat', `virtio-blk,path=${slots}`, 'unix://', '/tmp/microvm-orchestrator-501/task-']) {
    const found = lines.map((line) => line.find((argument) => argument.startsWith(own)))
    expect(new Set(found).size, own).toBe(10)
    expect(found).not.toContain(undefined)
  }
})

test.each([
  ['a comma in the repository', { shares: [{ tag: 'repo', directory: '/a,b' }] }, 'Rename'],
  ['a line break in a disk', { volumes: [{ serial: 'var', path: '/a\nb' }] }, 'Rename'],
  ['a comma in the console', { console: '/a,b' }, 'Rename'],
  ['a comma in the store disk', { root: '/a,b' }, 'Rename'],
  ['a socket with a space', { controlSocket: '/tmp/Application Support/s' }, 'XDG_RUNTIME_DIR'],
  ['a socket with a percent sign', { controlSocket: '/tmp/100%/s' }, 'XDG_RUNTIME_DIR'],
  ['a relay with a colon', { relays: [{ port: 1, socket: '/tmp/a:b' }] }, 'XDG_RUNTIME_DIR'],
  ['a socket with Unicode, which vfkit escapes', { clockSocket: '/tmp/ü' }, 'XDG_RUNTIME_DIR'],
  ['a socket of 104 bytes', { controlSocket: `/tmp/${'x'.repeat(99)}` }, 'XDG_RUNTIME_DIR'],
] satisfies [string, Partial<VfkitMachine>, string][])('%s is refused with what to do', (_, changes, hint) => {
  expect(() => vfkitArguments(machine(changes))).toThrowError(
    expect.objectContaining({ code: 'boot-failed', hint: expect.stringContaining(hint) }),
  )
})

test('a socket path of 103 bytes is the longest', () => {
  const path = `/tmp/${'x'.repeat(98)}`
  expect(Buffer.byteLength(path)).toBe(103)
  expect(vfkitArguments(machine({ controlSocket: path }))).toContain(`unix://${path}`)
})
