import { AppError } from '../../core/failure.ts'

/** @throws AppError('host-incomplete') when the part is missing. */
export function required<T>(part: T | undefined, what: string): T {
  if (part !== undefined) return part
  throw new AppError('host-incomplete', `${what} is missing on this host`, { hint: 'Run: microvm-orchestrator doctor' })
}
