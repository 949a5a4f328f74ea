import { type Failure, failureText } from '../../core/failure.ts'
import { withOwnCommand } from '../../lib/processes/own-command.ts'
import { remoteCommands } from '../remote/all.ts'

/** What the orchestrator tells a client to call, in the words of the command line. */
export const commandOfTool: Readonly<Record<string, string>> = {
  run_task: 'run',
  run_plan: 'run-plan',
  cancel_plan: 'cancel-plan',
  get_task_info: 'info ID',
  get_task_logs: 'logs ID',
  get_task_diff: 'review ID --live',
  list_repos: 'list',
  list_tasks: 'tasks',
  list_slots: 'tasks',
  list_places: 'places list',
  ...Object.fromEntries(
    remoteCommands
      .filter(({ operation }) => operation.includes('_')) // `usage` and `prune` are words of the language, and the same on both sides.
      .map(({ operation, word, takesTask }) => [operation, takesTask ? `${word} ID` : word]),
  ),
}

const tools = new RegExp(`\\b(?:${Object.keys(commandOfTool).join('|')})\\b`, 'g')

/** A failure as the terminal shows it: with commands that the user can run from there, and no names of MCP tools. */
export function terminalText({ hint, ...failure }: Failure): string {
  if (hint === undefined) return failureText(failure)
  const inCommands = hint.replace(tools, (tool) => `microvm-orchestrator ${commandOfTool[tool]}`)
  return failureText({ ...failure, hint: withOwnCommand(inCommands) })
}
