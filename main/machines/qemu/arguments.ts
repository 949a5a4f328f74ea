import { isReadOnly, type Share } from '../driver.ts'
import type { Hardware } from '../hardware.ts'
import type { NetworkPlan } from './network.ts'

export type Architecture = 'x86_64' | 'aarch64'
export type Acceleration = 'kvm' | 'tcg'

/** What is known of the QEMU that will run the machine. */
export interface QemuFacts {
  readonly architecture: Architecture
  /** Major version. */
  readonly version: number
  readonly acceleration: Acceleration
}

/** A machine as QEMU sees it. */
export interface QemuMachine extends Hardware {
  readonly shares: readonly { readonly tag: Share['tag']; readonly socket: string }[]
  readonly network: NetworkPlan
  /** Left out: it is booted, and becomes no template. */
  readonly template?: TemplatePart
}

/** What a machine has to do with a template of memory: it becomes one, or is restored from one. */
interface TemplatePart {
  readonly role: 'becomes' | 'restored'
  /** Where the guest is told what it was restored for. */
  readonly restoreSocket: string
}

/** Of what QEMU has as its descriptor 3. From 8.1 on it leaves memory out of a saved state only where it has a name. */
const heldMemory = 'memory-backend-file,mem-path=/proc/self/fd/3'

type Properties = Readonly<Record<string, unknown>>

/** QEMU's whole argument list. Pure. */
export function qemuArguments(machine: QemuMachine, facts: QemuFacts): readonly string[] {
  const { template } = machine
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...machineArguments(facts),
    ...['-smp', String(machine.cpus), '-m', `${machine.memoryMiB}M`],
    // virtiofsd reads and writes the guest's memory itself.
    ...['-object', `${template ? heldMemory : 'memory-backend-memfd'},id=memory,size=${machine.memoryMiB}M,share=on`],
    ...['-machine', 'memory-backend=memory'],
    ...['-kernel', machine.kernel, '-initrd', machine.initrd, '-append', commandLine(machine)],
    ...device({ driver: 'virtio-serial-pci', id: 'serial0' }),
    ...['-chardev', `file,id=console,path=${commaDoubled(machine.console)},append=on`],
    ...device({ driver: 'virtconsole', chardev: 'console' }),
    ...serialPort('clock', machine.clockSocket),
    ...serialPort('attach', machine.attachSocket),
    ...device({ driver: 'virtio-rng-pci' }),
    ...(facts.architecture === 'x86_64' ? device({ driver: 'pvpanic-pci' }) : []),
    ...(template ? templateArguments(template) : []),
    ...disk('root', machine.root, { readOnly: true }),
    ...machine.volumes.flatMap(({ serial, path }) => drive(serial, path, { readOnly: isReadOnly({ serial }) })),
    ...machine.shares.flatMap(({ tag, socket }) => ['-chardev', `socket,id=fs-${tag},path=${commaDoubled(socket)}`]),
    ...machine.network.cards.flatMap(({ backend }) => ['-netdev', JSON.stringify(backend)]),
    ...(template ? [] : ownDevices(machine).flatMap(device)),
    ...(machine.network.lifeline === undefined
      ? []
      : ['-chardev', `socket,id=lifeline,path=${commaDoubled(machine.network.lifeline)}`]),
    ...['-qmp', `unix:${commaDoubled(machine.controlSocket)},server=on,wait=off`],
    ...['-sandbox', sandbox(machine.network)],
    ...(template?.role === 'restored' ? ['-incoming', 'defer'] : []),
  ]
}

/** What a machine has of its own: a template has none of these, and they are plugged in once it was restored. Pure. */
export function ownDevices(machine: Pick<QemuMachine, 'shares' | 'volumes' | 'network'>): readonly Properties[] {
  return [
    ...machine.volumes.map(({ serial }) => diskDevice(serial)),
    ...machine.shares.map(({ tag }) => ({
      ...{ driver: 'vhost-user-fs-pci', chardev: `fs-${tag}`, tag, 'queue-size': 1024 },
    })),
    ...machine.network.cards.map(({ backend, mac }) => ({
      ...{ driver: 'virtio-net-pci', netdev: backend.id, mac, romfile: '' },
    })),
  ]
}

/** The same, each at a slot of its own in a machine that was restored. Pure. */
export function pluggedDevices(machine: Parameters<typeof ownDevices>[0]): readonly Properties[] {
  return ownDevices(machine).map((properties, index) => ({ ...properties, id: `own${index}`, bus: `slot${index}` }))
}

/** Two shares, four volumes, two cards. */
const slots = 8

function templateArguments({ restoreSocket }: TemplatePart): readonly string[] {
  return [
    ...serialPort('restore', restoreSocket),
    // Tells a restored guest's kernel that it is another machine than before: it draws its random numbers anew.
    ...device({ driver: 'vmgenid', guid: 'auto' }),
    ...Array.from({ length: slots }, (_, index) =>
      device({ driver: 'pcie-root-port', id: `slot${index}`, chassis: index + 1, slot: index + 1 }),
    ).flat(),
  ]
}

const device = (properties: Properties): readonly string[] => ['-device', JSON.stringify(properties)]

const serialPort = (name: string, socket: string): readonly string[] => [
  ...['-chardev', `socket,id=${name},path=${commaDoubled(socket)},server=on,wait=off`],
  ...device({ driver: 'virtserialport', chardev: name, name: `microvm.${name}` }),
]

function machineArguments({ architecture, version, acceleration }: QemuFacts): readonly string[] {
  const machine = architecture === 'x86_64' ? 'q35' : 'virt,gic-version=max'
  if (acceleration === 'kvm') return ['-machine', machine, '-accel', 'kvm', '-cpu', 'host']
  // Before QEMU 10 a guest on the emulated `max` processor panics now and then in cmpxchg16b (3 of 14 boots with 7.2).
  // Signed pointers by ARM's own cipher take most of an emulated processor's time. SVE is left out: Macs, whose guest is tried this way, have none.
  const processor =
    architecture === 'aarch64' ? 'max,pauth-impdef=on,sve=off,sme=off' : version < 10 ? 'max,-cx16' : 'max'
  return ['-machine', machine, '-accel', 'tcg,thread=multi', '-cpu', processor]
}

function commandLine({ kernelParameters, network, template }: QemuMachine): string {
  // What the command line of a template says is what all of its machines read.
  const own = template ? ['microvm.template'] : network.cards.map((card) => card.kernelParameter)
  // A kernel at level 0 keeps even a panic to itself; the last word counts.
  return [...kernelParameters, 'loglevel=1', ...own].join(' ')
}

const diskDevice = (serial: string): Properties => ({ driver: 'virtio-blk-pci', drive: serial, serial })

const disk = (serial: string, path: string, how: { readonly readOnly: boolean }): readonly string[] => [
  ...drive(serial, path, how),
  ...device(diskDevice(serial)),
]

/** A disk's image, without the device by which the guest has it. */
function drive(serial: string, path: string, { readOnly }: { readonly readOnly: boolean }): readonly string[] {
  const discard = readOnly ? {} : { discard: 'unmap' }
  const file = { driver: 'file', filename: path, 'read-only': readOnly, ...discard }
  const node = { driver: 'raw', 'node-name': serial, 'read-only': readOnly, ...discard, file }
  return ['-blockdev', JSON.stringify(node)]
}

/**
 * All that QEMU's own filter can deny. A forward starts a program in a session of its own, which `elevateprivileges`
 * denies together with setuid; that one is closed by no_new_privs and an empty capability set anyway, see confine.ts.
 */
function sandbox({ spawns }: NetworkPlan): string {
  const answer = spawns ? 'allow' : 'deny'
  return `on,obsolete=deny,resourcecontrol=deny,elevateprivileges=${answer},spawn=${answer}`
}

/** In QEMU's own option syntax a comma is written twice. */
const commaDoubled = (path: string): string => path.replaceAll(',', ',,')
