/** A guest's memory in MiB: what it may take at most, and what it has taken so far. */
export interface GuestMemory {
  readonly memoryMiB: number
  readonly usedMiB: number
}

/**
 * What is left for another guest, in MiB, once the running ones have taken all that they may. Can be negative.
 * `availableMiB` is what the host could give now.
 */
export const memoryLeft = (availableMiB: number, running: readonly GuestMemory[]): number =>
  running.reduce((left, { memoryMiB, usedMiB }) => left - Math.max(0, memoryMiB - usedMiB), availableMiB)

/** Whether another guest may start: one always may, since a host with too little for it would never run any. */
export const hasRoom = (availableMiB: number, running: readonly GuestMemory[], memoryMiB: number): boolean =>
  running.length === 0 || memoryLeft(availableMiB, running) >= memoryMiB
