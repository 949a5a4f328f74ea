import { availableParallelism, totalmem } from 'node:os'

/** What a guest is given at most, or what a host has. */
export interface Size {
  readonly cpus: number
  readonly memoryMiB: number
}

export const hostSize = (): Size => ({
  cpus: availableParallelism(),
  memoryMiB: Math.floor(totalmem() / 1024 ** 2),
})

/**
 * No guest is larger than its host: settings come with the user from a larger one, and Apple's framework refuses to start a machine that has
 * more processors or memory than the Mac. Pure.
 */
export const withinHost = (wanted: Size, host: Size): Size => ({
  cpus: Math.max(1, Math.min(wanted.cpus, host.cpus)),
  memoryMiB: Math.min(wanted.memoryMiB, host.memoryMiB),
})
