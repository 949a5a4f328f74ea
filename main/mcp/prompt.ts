import type { Tasks } from '../tasks/contract.ts'

/** A text that a user can have their client send to the model, free of any protocol library. */
export interface Prompt {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly required: boolean }[]
  /** An `AppError` is reported to the client. */
  text(given: Readonly<Record<string, string>>, tasks: Tasks): Promise<string>
}
