import type { z } from 'zod'
import type { Bound } from '../core/bounds.ts'

/** The schema of a number, held to its bound. */
export const within = <Schema extends z.ZodNumber>(schema: Schema, { least, most }: Bound): Schema =>
  (most === Number.MAX_SAFE_INTEGER ? schema.min(least) : schema.min(least).max(most)) as Schema
