import type { AnswerOf, InputOf, OperationName } from '../../api/operations/all.ts'
import type { Bound } from '../../core/bounds.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** A command that asks the running server for one operation and prints the answer. */
export interface RemoteCommand<Name extends OperationName = OperationName> {
  readonly operation: Name
  /** The word on the command line. */
  readonly word: string
  /** For `--help`. */
  readonly description: string
  /** The command has the argument `<id>`, which becomes `task_id`. */
  readonly takesTask: boolean
  /** Options by the field of the input that each sets: `delete_ref` is `--delete-ref`. */
  readonly options: { readonly [Field in OptionField<Name>]?: RemoteOption }
  /** Prints the answer. @throws AppError when the answer means that the command did not succeed. */
  print(terminal: Terminal, answer: AnswerOf<Name>, request: InputOf<Name>): void | Promise<void>
}

/** A switch, or a whole number within the bound. */
export interface RemoteOption {
  readonly description: string
  readonly number?: Bound
  readonly default?: number
}

type OptionField<Name extends OperationName> = Exclude<keyof InputOf<Name> & string, 'task_id'>

/** A command for the operation; left out, it takes no task and no options. */
export function remoteCommand<Name extends OperationName>(
  operation: Name,
  entry: Omit<RemoteCommand<Name>, 'operation' | 'takesTask' | 'options'> &
    Partial<Pick<RemoteCommand<Name>, 'takesTask' | 'options'>>,
): RemoteCommand {
  const complete: RemoteCommand<Name> = { operation, takesTask: false, options: {}, ...entry }
  // What `print` takes is what the server answers to this very operation.
  return complete as unknown as RemoteCommand
}
