import type { Volume } from './driver.ts'

/** What every hypervisor is given of a machine; each path is one that the hypervisor itself can open. */
export interface Hardware {
  readonly cpus: number
  readonly memoryMiB: number
  /** Uncompressed. */
  readonly kernel: string
  readonly initrd: string
  readonly kernelParameters: readonly string[]
  /** Disk of the root or of the store, only read, for the serial `root`. */
  readonly root: string
  readonly volumes: readonly Volume[]
  /** Receives the console. */
  readonly console: string
  readonly controlSocket: string
  /** Where the host tells the guest its time. */
  readonly clockSocket: string
  readonly attachSocket: string
}
