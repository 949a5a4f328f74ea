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
  /** The field of the input that an argument sets, after `<id>` where there is one; null where there is none. */
  readonly takesText: OptionField<Name> | null
  /** Options by the field of the input that each sets: `delete_ref` is `--delete-ref`. */
  readonly options: { readonly [Field in OptionField<Name>]?: RemoteOption }
  /** Prints the answer. @throws AppError when the answer means that the command did not succeed. */
  print(terminal: Terminal, answer: AnswerOf<Name>, request: InputOf<Name>): void | Promise<void>
}

/** A switch, a number within the bound, which is whole unless `amount` says otherwise, a text, or one of several words, each a switch of its own. */
export type RemoteOption =
  | {
      readonly description: string
      readonly number?: Bound
      readonly amount?: true
      readonly default?: number
    }
  | {
      readonly description: string
      /** What `--help` calls it. */
      readonly text: string
    }
  | {
      /** By the value that the field gets. */
      readonly oneOf: Readonly<Record<string, string>>
    }

type OptionField<Name extends OperationName> = Exclude<keyof InputOf<Name> & string, 'task_id'>

/** A command for the operation; left out, it takes no task and no options. */
export function remoteCommand<Name extends OperationName>(
  operation: Name,
  entry: Omit<RemoteCommand<Name>, 'operation' | 'takesTask' | 'takesText' | 'options'> &
    Partial<Pick<RemoteCommand<Name>, 'takesTask' | 'takesText' | 'options'>>,
): RemoteCommand {
  const complete: RemoteCommand<Name> = { operation, takesTask: false, takesText: null, options: {}, ...entry }
  // What `print` takes is what the server answers to this very operation.
  return complete as unknown as RemoteCommand
}
