import { type Failure, failureText } from '../../core/failure.ts'
import { withOwnCommand } from '../../lib/processes/own-command.ts'

/** What the orchestrator tells a client to call, in the words of the command line. */
export const commandOfTool: Readonly<Record<string, string>> = {
  run_task: 'run',
  get_task_info: 'info ID',
  get_task_logs: 'logs ID',
  wait_next_event: 'wait',
  cancel_task: 'cancel ID',
  cleanup_task: 'cleanup ID',
  merge_task: 'merge ID',
  resolve_task: 'resolve ID',
  list_repos: 'list',
  list_tasks: 'tasks',
  list_slots: 'tasks',
}

const tools = new RegExp(`\\b(?:${Object.keys(commandOfTool).join('|')})\\b`, 'g')

/** A failure as the terminal shows it: with commands that the user can run from there, and no names of MCP tools. */
export function terminalText({ hint, ...failure }: Failure): string {
  if (hint === undefined) return failureText(failure)
  const inCommands = hint.replace(tools, (tool) => `microvm-orchestrator ${commandOfTool[tool]}`)
  return failureText({ ...failure, hint: withOwnCommand(inCommands) })
}
