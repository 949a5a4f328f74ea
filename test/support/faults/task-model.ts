/** What becomes of a guest that is let go. */
export type Ending = 'success' | 'idle' | 'failure' | 'conflict' | 'crash'
/** A usage limit that ends in an hour, or at once. */
export type Limit = 'limit' | 'brief limit'

export type ModelPhase = 'queued' | 'parked' | 'working' | 'merged' | 'unchanged' | 'unmerged' | 'failed' | 'cancelled'

export interface ModelTask {
  readonly name: string
  readonly priority: number
  phase: ModelPhase
  /** Whether work waits at the task's ref. */
  ref: boolean
  /** False once it was cleaned up. */
  listed: boolean
}

/** As many guests as the host of the test has memory for. */
const capacity = 2

/** What the orchestrator should be, with everything settled: a few lines to believe in. Nothing here is the product's. */
export class TaskModel {
  readonly tasks: ModelTask[] = []
  /** Ends that each consumer has yet to hear. */
  readonly unheard: Readonly<Record<string, Set<string>>> = { ada: new Set(), bob: new Set() }
  /** Files that the user's branch should hold, beside its own. */
  readonly merged: string[] = []
  steps = 0
  settled = true

  listed(...phases: readonly ModelPhase[]): ModelTask[] {
    return this.tasks.filter((task) => task.listed && (phases.length === 0 || phases.includes(task.phase)))
  }

  /** By priority, then by age. */
  queue(): ModelTask[] {
    return this.listed('queued').sort((a, b) => b.priority - a.priority)
  }

  get full(): boolean {
    return this.listed('working').length >= capacity
  }

  add(priority: number): ModelTask {
    const task: ModelTask = { name: `t${this.tasks.length}`, priority, phase: 'queued', ref: false, listed: true }
    this.tasks.push(task)
    this.callNext()
    return task
  }

  /** Its guest ended: the task is over, or waits for a later time or a slot. */
  end(task: ModelTask, phase: ModelPhase): void {
    const isOver = phase !== 'queued' && phase !== 'parked'
    if (phase === 'merged' || phase === 'unchanged') task.ref = false
    else if (task.phase === 'working') task.ref = true
    task.phase = phase
    if (phase === 'merged') this.merged.push(task.name)
    if (isOver) for (const names of Object.values(this.unheard)) names.add(task.name)
    this.callNext()
  }

  callNext(): void {
    for (const next of this.queue()) if (!this.full) next.phase = 'working'
  }
}

export const phaseAfter: Readonly<Record<Ending | Limit, ModelPhase>> = {
  success: 'merged',
  idle: 'unchanged',
  failure: 'failed',
  conflict: 'unmerged',
  crash: 'failed',
  limit: 'parked',
  'brief limit': 'queued',
}
