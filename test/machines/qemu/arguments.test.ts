import { expect, test } from 'vitest'
import { privateNetworks } from '../../../main/lib/address-kind.ts'
import {
  pluggedDevices,
  type QemuFacts,
  type QemuMachine,
  qemuArguments,
} from '../../../main/machines/qemu/arguments.ts'
import { planNetwork } from '../../../main/machines/qemu/network.ts'
import { closedRoutes, fencedCommand } from '../../../main/machines/qemu/open-network.ts'

const closed = { egress: 'closed', forwards: [], mac: '02:4d:56:00:00:01' } as const
const parts = { socat: '/usr/bin/socat', passtSocket: '/run/m/t1/io/passt.sock', gateway: undefined }
const gateway = { socket: '/run/m/t1/io/gateway.sock', lifeline: '/run/m/t1/io/lifeline.sock' }

const machine: QemuMachine = {
  cpus: 2,
  memoryMiB: 4096,
  kernel: '/images/k/vmlinux',
  initrd: '/images/k/initrd.img',
  kernelParameters: ['console=hvc0', 'panic=-1'],
  root: '/images/k/root.erofs',
  volumes: [{ serial: 'var', path: '/slots/1/var "a",b.img' }],
  shares: [
    { tag: 'share', socket: '/run/m/t1/io/virtiofs-share.sock' },
    { tag: 'repo', socket: '/run/m/t1/io/virtiofs-repo.sock' },
  ],
  console: '/tasks/a,b/serial.log',
  controlSocket: '/run/m/t1/io/qmp.sock',
  clockSocket: '/run/m/t1/io/clock.sock',
  attachSocket: '/run/m/t1/io/attach.sock',
  network: planNetwork(closed, parts),
}
const debian12: QemuFacts = { architecture: 'x86_64', version: 7, acceleration: 'tcg' }

/** One option and its value a line. */
const listed = (args: readonly string[]): string => args.join(' ').replaceAll(/ (?=-[a-z])/g, '\n')

test('a closed machine on Debian 12 without KVM', () => {
  expect(listed(qemuArguments(machine, debian12))).toMatchInlineSnapshot(`
    "-nodefaults
    -no-user-config
    -display none
    -no-reboot
    -machine q35
    -accel tcg,thread=multi
    -cpu max,-cx16
    -smp 2
    -m 4096M
    -object memory-backend-memfd,id=memory,size=4096M,share=on
    -machine memory-backend=memory
    -kernel /images/k/vmlinux
    -initrd /images/k/initrd.img
    -append console=hvc0 panic=-1 loglevel=1 microvm.eth0=10.0.2.15/24
    -device {"driver":"virtio-serial-pci","id":"serial0"}
    -chardev file,id=console,path=/tasks/a,,b/serial.log,append=on
    -device {"driver":"virtconsole","chardev":"console"}
    -chardev socket,id=clock,path=/run/m/t1/io/clock.sock,server=on,wait=off
    -device {"driver":"virtserialport","chardev":"clock","name":"microvm.clock"}
    -chardev socket,id=attach,path=/run/m/t1/io/attach.sock,server=on,wait=off
    -device {"driver":"virtserialport","chardev":"attach","name":"microvm.attach"}
    -device {"driver":"virtio-rng-pci"}
    -device {"driver":"pvpanic-pci"}
    -blockdev {"driver":"raw","node-name":"root","read-only":true,"file":{"driver":"file","filename":"/images/k/root.erofs","read-only":true}}
    -device {"driver":"virtio-blk-pci","drive":"root","serial":"root"}
    -blockdev {"driver":"raw","node-name":"var","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/slots/1/var \\"a\\",b.img","read-only":false,"discard":"unmap"}}
    -chardev socket,id=fs-share,path=/run/m/t1/io/virtiofs-share.sock
    -chardev socket,id=fs-repo,path=/run/m/t1/io/virtiofs-repo.sock
    -netdev {"type":"user","id":"net0","restrict":true,"ipv6":false}
    -device {"driver":"virtio-blk-pci","drive":"var","serial":"var"}
    -device {"driver":"vhost-user-fs-pci","chardev":"fs-share","tag":"share","queue-size":1024}
    -device {"driver":"vhost-user-fs-pci","chardev":"fs-repo","tag":"repo","queue-size":1024}
    -device {"driver":"virtio-net-pci","netdev":"net0","mac":"02:4d:56:00:00:01","romfile":""}
    -qmp unix:/run/m/t1/io/qmp.sock,server=on,wait=off
    -sandbox on,obsolete=deny,resourcecontrol=deny,elevateprivileges=deny,spawn=deny"
  `)
})

test('an open machine with a forward has the closed card first, and its sandbox lets QEMU start socat', () => {
  const network = planNetwork(
    {
      ...closed,
      egress: 'open',
      forwards: [
        { host: '127.0.0.1', port: 8080 },
        { host: '::1', port: 81 },
      ],
    },
    parts,
  )
  const args = listed(qemuArguments({ ...machine, network }, debian12)).split('\n')
  expect(args.filter((line) => /^-(netdev|sandbox|append)|virtio-net/.test(line))).toMatchInlineSnapshot(`
    [
      "-append console=hvc0 panic=-1 loglevel=1 microvm.eth0=10.0.2.15/24 microvm.eth1=198.51.100.15/24,198.51.100.2,198.51.100.3",
      "-netdev {"type":"user","id":"net0","restrict":true,"ipv6":false,"guestfwd":[{"str":"tcp:10.0.2.100:8080-cmd:/usr/bin/socat STDIO TCP:127.0.0.1:8080"},{"str":"tcp:10.0.2.100:81-cmd:/usr/bin/socat STDIO TCP6:[::1]:81"}]}",
      "-netdev {"type":"stream","id":"net1","server":false,"addr":{"type":"unix","path":"/run/m/t1/io/passt.sock"}}",
      "-device {"driver":"virtio-net-pci","netdev":"net0","mac":"02:4d:56:00:00:01","romfile":""}",
      "-device {"driver":"virtio-net-pci","netdev":"net1","mac":"02:4d:56:80:00:01","romfile":""}",
      "-sandbox on,obsolete=deny,resourcecontrol=deny,elevateprivileges=allow,spawn=allow",
    ]
  `)
})

test('an open machine with no forward has the card to the internet alone', () => {
  const network = planNetwork({ ...closed, egress: 'open' }, parts)
  expect(network.cards.map((card) => card.kernelParameter)).toEqual([
    'microvm.eth0=198.51.100.15/24,198.51.100.2,198.51.100.3',
  ])
  expect(network.spawns).toBe(false)
})

test('the gateway of a closed machine has an address of its own, and QEMU holds the line on which its life hangs', () => {
  const network = planNetwork(closed, { ...parts, gateway })
  const args = listed(qemuArguments({ ...machine, network }, debian12)).split('\n')
  expect(network.cards.map(({ backend }) => backend)).toEqual([
    {
      ...{ type: 'user', id: 'net0', restrict: true, ipv6: false },
      guestfwd: [{ str: 'tcp:10.0.2.101:3128-cmd:/usr/bin/socat -t 60 STDIO UNIX-CONNECT:/run/m/t1/io/gateway.sock' }],
    },
  ])
  expect(args.filter((line) => /^-sandbox|lifeline/.test(line))).toEqual([
    '-chardev socket,id=lifeline,path=/run/m/t1/io/lifeline.sock',
    '-sandbox on,obsolete=deny,resourcecontrol=deny,elevateprivileges=allow,spawn=allow',
  ])
  for (const socket of ['/run/a b/x', '/run/a,EXEC:id', "/run/'"]) {
    expect(() => planNetwork(closed, { ...parts, gateway: { ...gateway, socket } })).toThrow('cannot be given to socat')
  }
})

test("the routes that end are those of private networks and this host's own, each once", () => {
  const routes = closedRoutes(['127.0.0.1', '203.0.113.2', '10.1.1.1', '203.0.113.2', '::1', 'fd00::2'])
  expect(routes).toEqual([...privateNetworks, '203.0.113.2/32', '10.1.1.1/32'])
  expect(fencedCommand(['pasta', '--quiet'], '/sbin/ip', ['10.0.0.0/8'], ['passt', '--one-off'])).toEqual([
    ...['pasta', '--quiet', '--', 'sh', '-c', expect.stringContaining('route add unreachable'), 'sh'],
    ...['/sbin/ip', '10.0.0.0/8', '--', 'passt', '--one-off'],
  ])
})

test.each([
  [debian12, '-machine q35|-accel tcg,thread=multi|-cpu max,-cx16'],
  [{ ...debian12, version: 10 }, '-machine q35|-accel tcg,thread=multi|-cpu max'],
  [{ ...debian12, acceleration: 'kvm' }, '-machine q35|-accel kvm|-cpu host'],
  [
    { architecture: 'aarch64', version: 7, acceleration: 'tcg' },
    '-machine virt,gic-version=max|-accel tcg,thread=multi|-cpu max,pauth-impdef=on,sve=off,sme=off',
  ],
  [{ architecture: 'aarch64', version: 10, acceleration: 'kvm' }, '-machine virt,gic-version=max|-accel kvm|-cpu host'],
] satisfies [QemuFacts, string][])('the processor suits %o', (facts, expected) => {
  const lines = listed(qemuArguments(machine, facts)).split('\n')
  const named = lines.filter((line) => /^-(machine|accel|cpu) /.test(line) && !line.includes('memory-backend'))
  expect(named.join('|')).toBe(expected)
})

test.each([
  ['127.0.0.1 EXEC:id', 80],
  ['a,b', 80],
  ['', 80],
  ['fe80::1%eth0', 80],
  ['localhost', 0],
  ['localhost', 1.5],
  ['localhost', 65_536],
])('%s port %d cannot be smuggled into the program that forwards', (host, port) => {
  expect(() => planNetwork({ ...closed, forwards: [{ host, port }] }, parts)).toThrow('cannot be forwarded')
})

test('a template and what is restored from it are the same machine but for what each machine has of its own', () => {
  const restoreSocket = '/run/m/t1/io/restore.sock'
  const nothing = { cards: [], spawns: false, passtSocket: undefined, lifeline: undefined }
  const becomes = listed(
    qemuArguments(
      { ...machine, shares: [], volumes: [], network: nothing, template: { role: 'becomes', restoreSocket } },
      debian12,
    ),
  ).split('\n')
  const restored = listed(qemuArguments({ ...machine, template: { role: 'restored', restoreSocket } }, debian12)).split(
    '\n',
  )
  expect(restored.filter((line) => !becomes.includes(line)).map((line) => line.replace(/[ =,"{].*/, ''))).toEqual([
    ...['-blockdev', '-chardev', '-chardev', '-netdev', '-incoming'],
  ])
  expect(becomes.filter((line) => !restored.includes(line))).toEqual([])
  expect(becomes.filter((line) => /append|restore|vmgenid|slot7/.test(line))).toMatchInlineSnapshot(`
    [
      "-append console=hvc0 panic=-1 loglevel=1 microvm.template",
      "-chardev file,id=console,path=/tasks/a,,b/serial.log,append=on",
      "-chardev socket,id=restore,path=/run/m/t1/io/restore.sock,server=on,wait=off",
      "-device {"driver":"virtserialport","chardev":"restore","name":"microvm.restore"}",
      "-device {"driver":"vmgenid","guid":"auto"}",
      "-device {"driver":"pcie-root-port","id":"slot7","chassis":8,"slot":8}",
    ]
  `)
  expect(becomes.join(' ')).not.toContain('eth0')
})

test('what a restored machine has of its own is plugged in, a slot for each', () => {
  expect(pluggedDevices(machine)).toMatchInlineSnapshot(`
    [
      {
        "bus": "slot0",
        "drive": "var",
        "driver": "virtio-blk-pci",
        "id": "own0",
        "serial": "var",
      },
      {
        "bus": "slot1",
        "chardev": "fs-share",
        "driver": "vhost-user-fs-pci",
        "id": "own1",
        "queue-size": 1024,
        "tag": "share",
      },
      {
        "bus": "slot2",
        "chardev": "fs-repo",
        "driver": "vhost-user-fs-pci",
        "id": "own2",
        "queue-size": 1024,
        "tag": "repo",
      },
      {
        "bus": "slot3",
        "driver": "virtio-net-pci",
        "id": "own3",
        "mac": "02:4d:56:00:00:01",
        "netdev": "net0",
        "romfile": "",
      },
    ]
  `)
})

test('the disk that several machines read is opened for reading alone, also where it is plugged in', () => {
  const shared = { ...machine, volumes: [{ serial: 'environment', path: '/prepared/a.img' }] } as const
  expect(listed(qemuArguments(shared, debian12))).toContain(
    '{"driver":"raw","node-name":"environment","read-only":true,"file":{"driver":"file","filename":"/prepared/a.img","read-only":true}}',
  )
  const restored = { ...shared, template: { role: 'restored', restoreSocket: '/run/m/t1/io/restore.sock' } } as const
  expect(listed(qemuArguments(restored, debian12))).toContain('"node-name":"environment","read-only":true')
})
