import type { z } from 'zod'
import type { Tasks } from '../tasks/contract.ts'
import type { Consumer } from '../tasks/events/event-consumers.ts'

/** A tool, free of any protocol library: `adapt-tool.ts` is what knows the SDK. */
export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string
  /** For a person. */
  readonly title: string
  /** For a model: what it does, when to use it, what comes back. */
  readonly description: string
  readonly input: Input
  readonly output: Output
  readonly hints: {
    readonly readOnly: boolean
    /** It deletes something that cannot be had again. */
    readonly destructive?: boolean
    /** A second call with the same arguments changes nothing more. */
    readonly idempotent?: boolean
  }
  /** An `AppError` is told to the client; anything else is a defect of ours and only logged. */
  call(input: z.output<Input>, context: ToolContext): Promise<z.input<Output>>
}

/** What a call may use. */
export interface ToolContext {
  readonly tasks: Tasks
  readonly consumer: Consumer
  /** How often a long call says that it lives. */
  readonly progressIntervalMs: number
  /** Tells the client how far the call is; absent when the client did not ask for it. */
  readonly progress:
    | ((progress: { readonly done: number; readonly total: number; readonly line: string }) => void)
    | null
  /** True when the answer reached the client's connection, false when it did not. Never rejects. */
  readonly delivered: Promise<boolean>
  /** Fires when the client cancels the call or goes away. */
  readonly signal: AbortSignal
}

/** Keeps the types of input and output together while tools are put in one list. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(tool: Tool<Input, Output>): Tool {
  return tool as unknown as Tool
}
