import { isCommand } from '../format.ts'
import { Command } from './copy.tsx'
import { Icon } from './icon.tsx'

interface Props {
  readonly message: string
  /** A command, or a sentence. */
  readonly cure: string
  readonly optional: boolean
}

/** Something that a host lacks, with its cure, in a list of such. */
export function ProblemItem({ message, cure, optional }: Props) {
  return (
    <li className="check">
      <span className={optional ? 'warn' : 'bad'}>
        <Icon name={optional ? 'needs' : 'fail'} />
      </span>
      <b>{message}</b>
      {isCommand(cure) ? <Command text={cure} what={`cure of: ${message}`} /> : <p>{cure}</p>}
    </li>
  )
}
