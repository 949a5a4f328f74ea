import type { Share } from '../driver.ts'
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
}

/** QEMU's whole argument list. Pure. */
export function qemuArguments(machine: QemuMachine, facts: QemuFacts): readonly string[] {
  const device = (properties: Readonly<Record<string, unknown>>) => ['-device', JSON.stringify(properties)]
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...machineArguments(facts),
    ...['-smp', String(machine.cpus), '-m', `${machine.memoryMiB}M`],
    // virtiofsd reads and writes the guest's memory itself.
    ...['-object', `memory-backend-memfd,id=memory,size=${machine.memoryMiB}M,share=on`],
    ...['-machine', 'memory-backend=memory'],
    ...['-kernel', machine.kernel, '-initrd', machine.initrd, '-append', commandLine(machine)],
    ...device({ driver: 'virtio-serial-pci', id: 'serial0' }),
    ...['-chardev', `file,id=console,path=${commaDoubled(machine.console)},append=on`],
    ...device({ driver: 'virtconsole', chardev: 'console' }),
    ...['-chardev', `socket,id=clock,path=${commaDoubled(machine.clockSocket)},server=on,wait=off`],
    ...device({ driver: 'virtserialport', chardev: 'clock', name: 'microvm.clock' }),
    ...['-chardev', `socket,id=attach,path=${commaDoubled(machine.attachSocket)},server=on,wait=off`],
    ...device({ driver: 'virtserialport', chardev: 'attach', name: 'microvm.attach' }),
    ...device({ driver: 'virtio-rng-pci' }),
    ...(facts.architecture === 'x86_64' ? device({ driver: 'pvpanic-pci' }) : []),
    ...disk('root', machine.root, { readOnly: true }),
    ...machine.volumes.flatMap(({ serial, path }) => disk(serial, path, { readOnly: false })),
    ...machine.shares.flatMap(({ tag, socket }) => [
      ...['-chardev', `socket,id=fs-${tag},path=${commaDoubled(socket)}`],
      ...device({ driver: 'vhost-user-fs-pci', chardev: `fs-${tag}`, tag, 'queue-size': 1024 }),
    ]),
    ...machine.network.cards.flatMap(({ backend, mac }) => [
      ...['-netdev', JSON.stringify(backend)],
      ...device({ driver: 'virtio-net-pci', netdev: backend.id, mac, romfile: '' }),
    ]),
    ...(machine.network.lifeline === undefined
      ? []
      : ['-chardev', `socket,id=lifeline,path=${commaDoubled(machine.network.lifeline)}`]),
    ...['-qmp', `unix:${commaDoubled(machine.controlSocket)},server=on,wait=off`],
    ...['-sandbox', sandbox(machine.network)],
  ]
}

function machineArguments({ architecture, version, acceleration }: QemuFacts): readonly string[] {
  const machine = architecture === 'x86_64' ? 'q35' : 'virt,gic-version=max'
  if (acceleration === 'kvm') return ['-machine', machine, '-accel', 'kvm', '-cpu', 'host']
  // Before QEMU 10 a guest on the emulated `max` processor panics now and then in cmpxchg16b (3 of 14 boots with 7.2).
  // Signed pointers by ARM's own cipher take most of an emulated processor's time. SVE is left out: Macs, whose guest is tried this way, have none.
  const processor =
    architecture === 'aarch64' ? 'max,pauth-impdef=on,sve=off,sme=off' : version < 10 ? 'max,-cx16' : 'max'
  return ['-machine', machine, '-accel', 'tcg,thread=multi', '-cpu', processor]
}

function commandLine({ kernelParameters, network }: QemuMachine): string {
  // A kernel at level 0 keeps even a panic to itself; the last word counts.
  return [...kernelParameters, 'loglevel=1', ...network.cards.map((card) => card.kernelParameter)].join(' ')
}

function disk(serial: string, path: string, { readOnly }: { readonly readOnly: boolean }): readonly string[] {
  const discard = readOnly ? {} : { discard: 'unmap' }
  const file = { driver: 'file', filename: path, 'read-only': readOnly, ...discard }
  const node = { driver: 'raw', 'node-name': serial, 'read-only': readOnly, ...discard, file }
  return [
    ...['-blockdev', JSON.stringify(node)],
    ...['-device', JSON.stringify({ driver: 'virtio-blk-pci', drive: serial, serial })],
  ]
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
