import type { NamespaceLab } from './namespace-lab.ts'

/** What becomes of a job, in the words of all engines. */
export type JobWord = 'waits' | 'runs' | 'ends' | 'done' | 'cancelled' | 'cut'

/** What tests ask of a cluster, whichever engine it has. */
export interface ClusterLab extends NamespaceLab {
  /** The folders in which the engine keeps what it knows of jobs. */
  readonly kept: readonly string[]
  /** What the engine says of a job that waits while nodes are full, take none, or are gone, and how it calls an end. */
  readonly words: {
    readonly full: RegExp
    readonly barred: RegExp
    readonly gone: RegExp
    readonly cancelled: string
    readonly lost: string
  }
  /** The jobs of tasks in its queue. */
  jobs(): Promise<readonly { readonly seat: string; readonly state: JobWord }[]>
  /** Takes every processor of the nodes. @returns what gives them back. */
  fill(): Promise<() => Promise<void>>
  /** Has a node take no further job. @returns what has it take some again. */
  bar(node: string): Promise<() => Promise<void>>
  /** Ends a job, as somebody else does who may. */
  cancel(seat: string): Promise<void>
  /** Ends this host's attachment to a job, there. */
  cut(seat: string, node: string): Promise<void>
  /** Has the notice before the limit of a job come now. */
  expire(seat: string, node: string): Promise<void>
  killController(): Promise<void>
}
