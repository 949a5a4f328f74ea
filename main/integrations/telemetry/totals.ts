import { isEnd, type LoggedEvent } from '../../tasks/events/logged-event.ts'
import { type EndKind, endKindOf } from '../hooks/hook-message.ts'

/** Of one repository, since this process began. */
export interface RepositoryTotals {
  readonly ends: ReadonlyMap<EndKind, number>
  /** US dollars, by the agents' own account. */
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Sums over the ends of tasks that only grow, as counters must: what is pruned later is not taken away. */
export class Totals {
  readonly #byRepository = new Map<string, RepositoryTotals>()

  get byRepository(): ReadonlyMap<string, RepositoryTotals> {
    return this.#byRepository
  }

  add(event: LoggedEvent): void {
    if (!isEnd(event)) return
    const before = this.#byRepository.get(event.repo) ?? {
      ends: new Map(),
      costUsd: 0,
      inputTokens: 0,
      outputTokens: 0,
    }
    const kind = endKindOf(event)
    const { cost_usd = 0, input_tokens = 0, output_tokens = 0 } = event.result ?? {}
    this.#byRepository.set(event.repo, {
      ends: new Map(before.ends).set(kind, (before.ends.get(kind) ?? 0) + 1),
      costUsd: before.costUsd + cost_usd,
      inputTokens: before.inputTokens + input_tokens,
      outputTokens: before.outputTokens + output_tokens,
    })
  }
}
