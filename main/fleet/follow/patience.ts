/** In ms; tests have less patience. */
export interface Patience {
  /** From one try to reach a place to the next, at the least and at the most. */
  readonly retryMs: { readonly least: number; readonly most: number }
  /** How long a place may be out of reach until its task is given up. */
  readonly lostMs: number
  /** The same for a task that is to end. */
  readonly stopMs: number
  /** How long a place that is reached may take to end a task, its work saved. */
  readonly endMs: number
  /** How much longer than its task may take a machine may run there, until this host asks for its end. */
  readonly overtimeMs: number
  /** From one look to the next whether the key has changed, for nodes that have it. */
  readonly keyMs: number
}

export const usualPatience: Patience = {
  retryMs: { least: 500, most: 30_000 },
  lostMs: 24 * 60 * 60_000,
  stopMs: 2 * 60_000,
  endMs: 30 * 60_000,
  overtimeMs: 30 * 60_000,
  keyMs: 30_000,
}
