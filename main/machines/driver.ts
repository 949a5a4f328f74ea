import type { Duplex } from 'node:stream'
import type { GatewayConfig } from '../core/network/gateway.ts'
import type { Problem as CoreProblem } from '../core/problem.ts'
import type { MachineExit, MachineHandle } from '../core/task/task.ts'
import type { Watchable } from '../lib/watchable.ts'
import type { HostPackage } from './host/package-managers.ts'

/** Something this host lacks. */
export interface Problem extends CoreProblem {
  /** What our own installer can do about it; absent when only the user can act. */
  readonly remedy?: Remedy
}

export type Remedy =
  | { readonly kind: 'packages'; readonly names: readonly HostPackage[] }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] }
  /** A program that the system has not, or too old: fetched from a newer Debian into the cache, installed nowhere. */
  | { readonly kind: 'tool'; readonly name: 'virtiofsd' | 'passt' }

/** A host folder that the guest mounts by its tag over virtiofs. The guest may write anything into it. */
export interface Share {
  readonly tag: 'share' | 'repo'
  readonly directory: string
}

/** A raw disk image that the guest finds by its serial. `environment` is the only one that several machines have at once, and none can write it. */
export interface Volume {
  readonly serial: 'nix-store' | 'var' | 'containers' | 'environment'
  readonly path: string
}

export const isReadOnly = ({ serial }: Pick<Volume, 'serial'>): boolean => serial === 'environment'

/** One TCP address of the host that the guest may reach, and under which port it finds it at `forwardAddress`. */
export interface Forward {
  readonly host: string
  readonly port: number
}

/** A process that was ended because no task keeps its machine. */
export interface Reaped {
  /** The name of its machine, see `MachineSpec`. */
  readonly machine: string
  /** The program's name, such as `virtiofsd`. */
  readonly name: string
  readonly pid: number
}

/** A gateway that the driver starts. */
export interface GatewayProcess {
  readonly config: GatewayConfig
  /** The file that receives one line for each connection that goes through or is refused. The driver makes it. */
  readonly logPath: string
}

/** One machine that is to be started. */
export interface MachineSpec {
  /** Unique among living machines; also names its folder below the driver's run directory. */
  readonly name: string
  /** The home folder of the orchestrator that it belongs to: an orchestrator with another home never ends it. */
  readonly owner: string
  /** Virtual processors. */
  readonly cpus: number
  readonly memoryMiB: number
  readonly shares: readonly Share[]
  readonly volumes: readonly Volume[]
  /** The file that receives the guest's console. The driver makes it, and no guest can write it otherwise. */
  readonly consolePath: string
  readonly network: {
    /** `open` reaches the internet, but no private network and nothing of this host; `closed` reaches forwards and the gateway alone. */
    readonly egress: 'open' | 'closed'
    /** Whether `open` includes private networks, and what a neighbour on the network reaches of this host. Default false. */
    readonly privateNetworks?: boolean
    readonly forwards: readonly Forward[]
    /** A process beside the machine that lets through what its configuration says; guests find it at `gatewayUrl`. Default: none. */
    readonly gateway?: GatewayProcess
    /** A socket of this host that stands in for a gateway, which is elsewhere; where it is given, `gateway` is not. Only QEMU has it. */
    readonly gatewaySocket?: string
    /** The guest's Ethernet address: six bytes, lower case, separated by colons. Each slot has its own, so that DHCP leases do not collide. */
    readonly mac: string
  }
}

/** How a kind of host runs guests. `test/machines/driver-contract.machine.test.ts` holds every driver to what is written here. */
export interface MachineDriver {
  readonly name: MachineHandle['driver']
  /** Names what guests boot from: another key for whatever changes in it. It need not be there yet, and is not made for this. */
  imageKey(): Promise<string>
  /** Resolves with what this host lacks for a task; empty when a task can run. */
  problems(signal: AbortSignal): Promise<readonly Problem[]>
  /** Where the guest finds a forwarded address: the host part of the URL that it must use. */
  readonly forwardAddress: string
  /** Where the guest finds its gateway, as `http://HOST:PORT`; null where machines have no gateway. */
  readonly gatewayUrl: string | null
  /** Whether guests can be kept from the network, which every egress but `open` needs. */
  readonly canClose: boolean
  /** How far the image is that machines wait for before they can start, in one line for a person; null while none does. Left out where images are there. */
  readonly imageProgress?: Watchable<string | null>
  /**
   * Whether `start` can restore a machine from a template of memory in place of booting it; it does so where the user has set that. A machine
   * that was restored keeps every promise of one that was booted, and what goes wrong with a template costs no more than the boot.
   */
  readonly canRestore: boolean
  /** Whether guests lay a volume `environment` below the store of their slot; others pass it over. */
  readonly canLayEnvironment: boolean
  /** Gives shared folders and volumes the owner under which this host's helpers run. It is called before `start`, and can be repeated. */
  prepareOwnership(paths: readonly string[], signal: AbortSignal): Promise<void>
  /**
   * Starts a machine that outlives this process. Resolves when its hypervisor runs; the guest may still boot.
   * @throws AppError('boot-failed' | 'host-incomplete'), with nothing left behind.
   */
  start(spec: MachineSpec, signal: AbortSignal): Promise<Machine>
  /** Resolves with a machine that outlived the process that started it; undefined when it is gone, and then its helpers are ended, too. */
  adopt(handle: MachineHandle): Promise<Machine | undefined>
  /**
   * Ends every process of this owner's machines that are not kept, whatever start, crash or failure left them, and removes
   * their sockets and folders. Resolves with the processes that were ended.
   * @param owner the home folder in the machines' `MachineSpec`.
   * @param keep says by its name whether a machine stays; it is asked again right before a machine is ended.
   */
  reap(owner: string, keep: (name: string) => boolean, signal: AbortSignal): Promise<readonly Reaped[]>
}

/** A machine that runs, or ran. */
export interface Machine {
  readonly handle: MachineHandle
  /** Resolves exactly once and never rejects: a crash is data. Helpers have ended and sockets are gone by then. */
  readonly exited: Promise<MachineExit>
  /**
   * Connects to the line over which the guest opens shells and reaches its own ports for us (`main/machines/attach/`). One connection at a time
   * is served; the guest hears that one has ended by its end, or by what the next one says first. Rejects when the machine has ended.
   * Null for a machine that was started before machines had such a line.
   */
  readonly openLine: ((signal: AbortSignal) => Promise<Duplex>) | null
  /**
   * Takes shares and network from a guest that needs them no more, while the machine goes on: to its own end, for which whoever calls this sees, and with
   * the disks of its slot clean. Once it resolves, nothing of the guest reads or writes in a shared folder, whatever it does; it never rejects. Null
   * where the hypervisor itself serves the shares, so that only its end takes them away.
   */
  readonly closeShares: (() => Promise<void>) | null
  /** Stops the guest's processors, as it must be while its host sleeps. @throws when that fails, for example because the machine has ended. */
  pause(signal: AbortSignal): Promise<void>
  /** Lets the guest go on, with the host's time. Does nothing for a guest that was not paused. @throws as `pause` does. */
  resume(signal: AbortSignal): Promise<void>
  /** Gives the guest the host's time, which went on without it or was set. @throws as `pause` does. */
  setClock(signal: AbortSignal): Promise<void>
  /** Asks the guest to power off, and kills the hypervisor (SIGKILL) when the signal fires. Resolves when the machine is off. */
  powerOff(signal: AbortSignal): Promise<void>
}
