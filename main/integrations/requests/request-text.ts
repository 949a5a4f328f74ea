import { cut } from '../../core/cut.ts'
import { taskTrailers } from '../../core/merge/trailers.ts'
import type { Task } from '../../core/task/task.ts'
import { visibleLine, visibleText } from '../../core/visible-text.ts'

export interface RequestText {
  readonly title: string
  readonly body: string
}

const titleLimit = 120
const partLimit = 8_000

/** Title and body of a task's request. What the agent and the task's text say is shown as text: it calls nobody, closes nothing and loads nothing. Pure. */
export function requestText(
  { id, description, result }: Pick<Task, 'id' | 'description' | 'result'>,
  notes: readonly string[] = [],
): RequestText {
  const [firstLine = ''] = description.trim().split('\n')
  const title = visibleLine(inert(cut(firstLine, titleLimit))).trim()
  const trailers = taskTrailers(id, result?.usage?.model).map(({ name, value }) => `${name}: ${value}`)
  const parts = [
    `This is the work of a coding agent in a virtual machine, as task \`${id}\` of microvm-orchestrator. No person has looked at it yet.`,
    `What the task was:\n\n${asText(description)}`,
    result && result.summary.trim() !== ''
      ? `What the agent says of its work, which nobody has checked:\n\n${asText(result.summary)}`
      : null,
    notes.length > 0 ? `What the host notes:\n\n${asText(notes.join('\n'))}` : null,
    [...trailers, `Co-authored-by: Claude Task (${id}) <task-${id}@microvm-orchestrator.invalid>`].join('\n'),
  ]
  return { title: title === '' ? `Task ${id}` : title, body: parts.filter((part) => part !== null).join('\n\n') }
}

/** A block that no line of the text can end. */
function asText(text: string): string {
  const short = text.length > partLimit ? `${text.slice(0, partLimit).replace(/[\uD800-\uDBFF]$/, '')}…` : text
  const plain = visibleText(inert(short.replace(/\r\n?/g, '\n').trim()))
  const longest = Math.max(2, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${plain}\n${fence}`
}

/**
 * The text without what a forge would act on, also where it looks through blocks of code or takes the body for a commit's message: names of people
 * and teams, numbers and addresses of issues, commands at the start of a line, and lines that look like trailers of ours. Each is parted by a space that is seen.
 */
export const inert = (text: string): string =>
  text
    .replace(/([@#!&%~])(?=[\p{L}\p{N}_])/gu, '$1 ')
    .replace(/\b(GH|gh)-(?=\d)/g, '$1- ')
    .replace(/(\/(?:issues|pull|pulls|merge_requests|work_items|epics)\/)(?=\d)/gi, '$1 ')
    .replace(/^(\s*)\/(?=[a-z])/gim, '$1/ ')
    .replace(/^((?:Co-authored-by|Signed-off-by|Task|Agent)):/gim, '$1 :')
