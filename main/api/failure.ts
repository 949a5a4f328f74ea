import type { z } from 'zod'
import { AppError, defect, type Failure, toFailure } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'

/**
 * What a caller learns of an error, at every door: an `AppError` as it is; of anything else, which is a defect, only that there was one.
 * The log gets the defect's reason under the constant `message`.
 */
export function reportFailure(
  thrown: unknown,
  log: Log,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): Failure {
  if (thrown instanceof AppError) return toFailure(thrown)
  log.error(message, { ...fields, reason: String(thrown) })
  return defect
}

/** The value as the schema reads it. @throws AppError('argument-invalid') that names each field which is wrong; `whole` names the value itself. */
export function readInput<Schema extends z.ZodType>(schema: Schema, value: unknown, whole: string): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(
    ({ path, message }) =>
      `${path.join('.') || whole}: ${message.replace(/, received undefined$/, ', and it is missing')}`,
  )
  throw new AppError('argument-invalid', issues.join('; '))
}
