import type { NetworkReason } from '../main/core/network/gateway.ts'
import type { Forge } from '../main/core/pull-request.ts'
import type { TaskId } from '../main/core/task/task.ts'

/** What the window shows of one repository beside its row. */
export interface RepositoryDetails {
  /** What its newest tasks were refused, or could not reach, the newest first; at most 100. */
  readonly refusals: readonly Refusal[]
  /** Where the clones and consoles of its tasks lie. */
  readonly tasksFolder: string
}

/** Where the work of a repository waits in pull requests, and what could be chosen for that. */
export interface ForgeView {
  readonly forge: Pick<Forge, 'kind' | 'api' | 'project' | 'remote' | 'target' | 'secret'> | null
  /** Names of the secrets that there are. */
  readonly secrets: readonly string[]
}

/** A host and port that tasks asked for in vain. Guest data. */
export interface Refusal {
  readonly host: string
  readonly port: number
  readonly kind: 'refused' | 'failed'
  readonly reason: NetworkReason
  /** How often, in the tasks that were looked at. */
  readonly times: number
  /** The last one; ISO 8601, UTC. */
  readonly at: string
  readonly task: TaskId
}
