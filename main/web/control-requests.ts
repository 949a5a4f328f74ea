import { z } from 'zod'
import { clientNamePattern } from '../api/consumer-name.ts'
import type { Operation } from '../api/operation.ts'
import { type InputOf, type OperationName, personOperations } from '../api/operations/all.ts'

const clientName = z.string().regex(clientNamePattern)

/** Who reads events without a name of its own: all such calls of a home are one consumer. */
const unnamedReader = 'cli'

/** What the body of a call may be; a field that the operation does not know is refused. */
export type ControlRequest<Name extends OperationName> = InputOf<Name> & {
  /** The name of the caller's event consumer, for operations that use one; the same name gets each event once. */
  readonly client?: string
}

/** The schema of the operation's request, as a person's program sends it. */
export function requestSchemaOf({ personInput, consumer }: Operation): z.ZodObject {
  switch (consumer) {
    case 'owner':
      return personInput.extend({ client: clientName.optional() }).strict()
    case 'reader':
      return personInput.extend({ client: clientName.default(unnamedReader) }).strict()
    default:
      return personInput.strict()
  }
}

/** The operations of the control API by name, each with the schema of its request. */
export const controlCalls: ReadonlyMap<string, { readonly operation: Operation; readonly request: z.ZodObject }> =
  new Map(personOperations.map((operation) => [operation.name, { operation, request: requestSchemaOf(operation) }]))
