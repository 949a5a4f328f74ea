import { z } from 'zod'

/** A schema of one version of a file; older and newer versions differ in their number at least. */
type Versioned = z.ZodObject<{ schemaVersion: z.ZodLiteral<number> }>

/** Parses the text of a file that tells its version. @throws what `refuse` makes of the reason. Pure. */
export function parseVersioned<S extends Versioned>(
  text: string,
  schema: S,
  refuse: (why: string, cause?: unknown) => Error,
): z.infer<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refuse('the file is no JSON', cause)
  }
  const known = schema.shape.schemaVersion.value
  const told = z.object({ schemaVersion: z.number() }).safeParse(value)
  if (told.success && told.data.schemaVersion > known) throw refuse('a newer version of this program made it')
  if (told.success && told.data.schemaVersion < known) throw refuse('an older version of this program made it')
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error).replaceAll('\n', ' '), parsed.error)
  return parsed.data
}
