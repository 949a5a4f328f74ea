import type { GatewayConfig } from '../core/network/gateway.ts'
import type { Problem as CoreProblem } from '../core/problem.ts'
import type { MachineExit, MachineHandle } from '../core/task/task.ts'
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

/** A raw disk image that the guest finds by its serial. */
export interface Volume {
  readonly serial: 'nix-store' | 'var' | 'containers'
  readonly path: string
}

/** One TCP address of the host that the guest may reach, and under which port it finds it at `forwardAddress`. */
export interface Forward {
  readonly host: string
  readonly port: number
}

/** A process of a machine that no one kept, and that was ended. */
export interface Reaped {
  /** The machine's name. */
  readonly machine: string
  /** Of the program. */
  readonly name: string
  readonly pid: number
}

export interface MachineSpec {
  /** Unique among living machines; also names its folder below the driver's run directory. */
  readonly name: string
  /** The home folder of the orchestrator that it belongs to: another one on this host never ends it. */
  readonly owner: string
  readonly cpus: number
  readonly memoryMiB: number
  readonly shares: readonly Share[]
  readonly volumes: readonly Volume[]
  /** Receives the guest's console; created by the driver, host-only. */
  readonly consolePath: string
  readonly network: {
    /** `open`: the internet, no private network and nothing of this host; `closed`: nothing but forwards and gateway. */
    readonly egress: 'open' | 'closed'
    /** Whether `open` means private networks too, and what of this host a neighbour reaches. Default false. */
    readonly privateNetworks?: boolean
    readonly forwards: readonly Forward[]
    /** Present: a process of the machine that lets through what its configuration says, found at `gatewayUrl`. */
    readonly gateway?: {
      readonly config: GatewayConfig
      /** Receives a line for all that goes through and all that is refused; created by the driver, host-only. */
      readonly logPath: string
    }
    /** Six bytes, lower case, colon-separated; one per slot, so that DHCP leases do not collide. */
    readonly mac: string
  }
}

/** How a host runs guests. An implementation must leave nothing behind when `start` throws. */
export interface MachineDriver {
  readonly name: MachineHandle['driver']
  /** What this host lacks for a task; empty when a task can run. */
  problems(signal: AbortSignal): Promise<readonly Problem[]>
  /** Where the guest finds a forwarded address: the host part of the URL that it must use. */
  readonly forwardAddress: string
  /** Where the guest finds its gateway, as `http://HOST:PORT`; null: machines have none here. */
  readonly gatewayUrl: string | null
  /** Whether a guest can be kept from the network, for every egress but `open`. */
  readonly canClose: boolean
  /** Gives shared folders and volumes the owner under which this host's helpers run; called before `start`, idempotent. */
  prepareOwnership(paths: readonly string[], signal: AbortSignal): Promise<void>
  /** The machine outlives this process. Throws `AppError('boot-failed')` or `AppError('host-incomplete')`. */
  start(spec: MachineSpec, signal: AbortSignal): Promise<Machine>
  /** A machine that outlived the process that started it; undefined when it is gone (helpers of it are then ended too). */
  adopt(handle: MachineHandle): Promise<Machine | undefined>
  /**
   * Ends every process of this owner's machines that are not kept, whatever start, crash or failure left them, and removes
   * their sockets and folders. `keep` is asked again right before a machine is ended.
   */
  reap(owner: string, keep: (name: string) => boolean, signal: AbortSignal): Promise<readonly Reaped[]>
}

export interface Machine {
  readonly handle: MachineHandle
  /** Resolves exactly once and never rejects: a crash is data. Helpers have ended and sockets are gone by then. */
  readonly exited: Promise<MachineExit>
  /** The guest stands still, as it must while its host sleeps. Throws when it cannot: because it has ended, say. */
  pause(signal: AbortSignal): Promise<void>
  /** The guest goes on, with the host's time; at once when it never stood still. Throws as `pause` does. */
  resume(signal: AbortSignal): Promise<void>
  /** Has the guest take over the host's time, which went on without it or was set. Throws as `pause` does. */
  setClock(signal: AbortSignal): Promise<void>
  /** Asks the guest to power off, and insists (SIGKILL) when the signal fires. Resolves when it is off. */
  powerOff(signal: AbortSignal): Promise<void>
}
