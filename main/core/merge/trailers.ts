import type { TaskId } from '../task/task.ts'

/** A line at the end of a commit message, `NAME: VALUE`. */
export interface Trailer {
  readonly name: string
  readonly value: string
}

/** The sign on commits that we write: the task that they are of, and the agent. Its model is a guest's word, so only plain letters of it. */
export function taskTrailers(taskId: TaskId | string, model: string | undefined): readonly Trailer[] {
  const plain = plainModel(model)
  return [
    { name: 'Task', value: taskId },
    { name: 'Agent', value: plain === undefined ? 'Claude Code' : `Claude Code (${plain})` },
  ]
}

/** Undefined when nothing of it is left. Pure. */
export function plainModel(model: string | undefined): string | undefined {
  const plain = (model ?? '').replaceAll(/[^A-Za-z0-9._:-]/g, '').slice(0, 100)
  return plain === '' ? undefined : plain
}

/**
 * The message with the trailers at its end, below those that it has; those that it has already are not added again. What it says
 * otherwise stays byte for byte, but for blank lines at its end. A message is latin1, a character a byte. Pure.
 */
export function withTrailers(message: string, trailers: readonly Trailer[]): string {
  const body = withoutBlankEnd(message)
  const block = trailerBlock(body)
  const lines = new Set(block?.map((line) => line.trimEnd()))
  const missing = trailers.map(({ name, value }) => `${name}: ${value}`).filter((line) => !lines.has(line))
  if (missing.length === 0) return message
  return `${body}${block ? '\n' : '\n\n'}${missing.join('\n')}\n`
}

/** Looks from the end: a message may be a million line breaks. */
function withoutBlankEnd(message: string): string {
  let last = message.length
  while (last > 0 && ' \t\r\n'.includes(message.charAt(last - 1))) last -= 1
  const end = message.indexOf('\n', last)
  return (end < 0 ? message : message.slice(0, end)).replace(/\r$/, '')
}

const trailer = /^[A-Za-z0-9-]+[ \t]*:/
const byGit = /^(?:Signed-off-by: |\(cherry picked from commit )/

/** The lines of the last paragraph, where git takes it for trailers (git-interpret-trailers(1)); never the subject's. */
function trailerBlock(body: string): readonly string[] | undefined {
  const paragraphs = body.split(/\r?\n[ \t]*(?=\r?\n)/)
  if (paragraphs.length < 2) return undefined
  const lines = (paragraphs.at(-1) ?? '').split(/\r?\n/).filter((line) => line.trim() !== '')
  const starts = lines.filter((line) => !/^[ \t]/.test(line)) // A line that is indented goes on with the one above.
  const trailers = starts.filter((line) => trailer.test(line) || byGit.test(line)).length
  const others = starts.length - trailers
  if (trailers === 0) return undefined
  if (others === 0) return lines
  return starts.some((line) => byGit.test(line)) && trailers * 3 >= others ? lines : undefined
}
