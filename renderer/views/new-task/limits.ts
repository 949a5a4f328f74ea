import type { LimitTexts } from '../../stores/draft.ts'

export interface Limits {
  readonly timeoutMs?: number
  readonly maxCostUsd?: number
  readonly maxTokens?: number
}

/** What `runTask` is to be asked for; null while a field holds something else than a number that can be a limit. */
export function limitsOf({ minutes, usd, tokens }: LimitTexts): Limits | null {
  const [time, cost, count] = [positive(minutes), positive(usd), positive(tokens)]
  if (time === null || cost === null || count === null) return null
  return {
    ...(time !== undefined && { timeoutMs: Math.max(1_000, Math.round(time * 60_000)) }),
    ...(cost !== undefined && { maxCostUsd: cost }),
    ...(count !== undefined && { maxTokens: Math.ceil(count) }),
  }
}

/** Undefined for an empty text, null for one that is no number above 0. */
export function positive(text: string): number | undefined | null {
  if (text.trim() === '') return undefined
  const value = Number(text)
  return Number.isFinite(value) && value > 0 ? value : null
}
