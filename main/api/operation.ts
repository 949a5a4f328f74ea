import type { z } from 'zod'
import type { By } from '../core/merge/may-publish.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { Consumer } from '../tasks/events/event-consumers.ts'

/**
 * One thing that can be asked of the orchestrator. MCP tools, the control API, the connection of the command line and calls of the window
 * are derived from it; none of their protocols is known here.
 */
export interface Operation<
  Name extends string = string,
  Input extends z.ZodObject = z.ZodObject,
  Answer extends object = object,
  PersonInput extends z.ZodObject = z.ZodObject,
> {
  /** Names the tool in MCP and the path `/api/NAME`. */
  readonly name: Name
  /** What a list of tools calls it, for a person. */
  readonly title: string
  /** Tells a model what the operation does, when to use it, and what it answers. */
  readonly description: string
  /**
   * A `client` is a program over MCP; a `person` uses the command line or the window. What a client may do with work that waits for a
   * person is decided in `main/core/`, not here.
   */
  readonly who: Who
  readonly input: Input
  /** What a person's call takes where that differs from `input`; its output is what `call` takes. */
  readonly personInput: PersonInput
  /** The shape of an answer to a client, whose objects are open: a later version may add fields. Absent when only a person may call. */
  readonly output: z.ZodObject | undefined
  readonly hints: Hints
  /**
   * How the call uses the event log: an `owner` starts a task whose end waits for the caller, a `reader` takes the caller's events, and a
   * person's call then takes `client`, the name of its consumer.
   */
  readonly consumer: 'owner' | 'reader' | undefined
  /** An `AppError` is reported to the caller; any other error is a defect, which is logged and reported without its text. */
  call(input: z.output<Input>, context: OperationContext): Promise<Answer>
}

type Who = 'client' | 'person' | 'both'

interface Hints {
  readonly readOnly: boolean
  /** It deletes something that cannot be had again. Default: false. */
  readonly destructive?: boolean
  /** A second call with the same input changes nothing more. Default: `readOnly`. */
  readonly idempotent?: boolean
}

/** What a call may use. */
export interface OperationContext {
  readonly tasks: Tasks
  readonly by: Exclude<By, 'policy'>
  /** The caller's place in the event log; null for a person's call that names no consumer. A `reader` always has one. */
  readonly consumer: Consumer | null
  /** How often a long call reports progress, in milliseconds. */
  readonly progressIntervalMs: number
  /** Reports how far the call is; null when the caller did not ask for it. */
  readonly progress: ((progress: Progress) => void) | null
  /** True when the answer reached the caller's connection, false when it did not. Never rejects. */
  readonly delivered: Promise<boolean>
  /** Fires when the caller cancels the call or goes away. */
  readonly signal: AbortSignal
}

interface Progress {
  readonly done: number
  readonly total: number
  readonly line: string
}

/** What an entry declares; what it leaves out has the default that `Operation` documents. */
interface Declaration<
  Name extends string,
  Input extends z.ZodObject,
  Answer extends object,
  PersonInput extends z.ZodObject,
> extends Pick<Operation<Name, Input, Answer>, 'name' | 'title' | 'description' | 'input' | 'hints' | 'call'> {
  /** Default: `input`. */
  readonly personInput?: PersonInput & (z.output<PersonInput> extends z.output<Input> ? unknown : never)
  readonly consumer?: 'owner' | 'reader'
}

/** An operation that clients may call has the shape of its answer as a schema too. */
export function defineOperation<
  const Name extends string,
  Input extends z.ZodObject,
  Output extends z.ZodObject,
  Answer extends Closed<z.input<Output>> & object,
  PersonInput extends z.ZodObject = Input,
>(
  entry: Declaration<Name, Input, Answer, PersonInput> & { readonly who: 'client' | 'both'; readonly output: Output },
): Operation<Name, Input, Answer, PersonInput>
export function defineOperation<
  const Name extends string,
  Input extends z.ZodObject,
  Answer extends object,
  PersonInput extends z.ZodObject = Input,
>(
  entry: Declaration<Name, Input, Answer, PersonInput> & { readonly who: 'person' },
): Operation<Name, Input, Answer, PersonInput>
export function defineOperation(entry: Pick<Operation, 'input'>): unknown {
  return { output: undefined, consumer: undefined, personInput: entry.input, ...entry }
}

/** The fields that an open object names, without those that it leaves open. */
type Closed<Value> = Value extends readonly (infer Element)[]
  ? readonly Closed<Element>[]
  : Value extends object
    ? { readonly [Key in keyof Value as string extends Key ? never : Key]: Closed<Value[Key]> }
    : Value
