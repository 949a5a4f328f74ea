import { z } from 'zod'

/** A call that did not succeed answers this, with a status of 4xx or 5xx. */
export const controlFailureSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
})
