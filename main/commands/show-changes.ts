import type { AnswerOf } from '../api/operations/all.ts'
import { terminalTextFilter } from '../lib/guest/terminal-text.ts'
import type { ServerConnection } from '../web/client.ts'
import type { Terminal } from './terminal/terminal.ts'

/** Shows what a task has changed, as it was at the moment that the first line names. */
export async function showChanges(
  terminal: Terminal,
  server: ServerConnection,
  task_id: string,
  { diff }: { readonly diff?: boolean },
): Promise<void> {
  const shown = await server.call('get_task_diff', { task_id })
  terminal.say(momentOf(shown))
  for (const note of shown.notes) terminal.note(note)
  if (shown.commits.length > 0) terminal.say('Commits, newest first:')
  for (const { id, subject } of shown.commits) terminal.say(`  ${id.slice(0, 12)}  ${subject}`)
  terminal.say(shown.files.length === 0 ? 'No file has changed' : 'Files, against where it started:')
  for (const file of shown.files) terminal.say(`  ${fileLine(file)}`)
  if (shown.more_files > 0) terminal.say(`  and ${shown.more_files} more`)
  if (shown.unusual_files.length > 0) terminal.say('Unlike the files that were there:')
  for (const path of shown.unusual_files) terminal.say(`  ${path}`)
  if (!diff) return
  await terminal.write(terminalTextFilter()(`\n${shown.diff}`))
  if (shown.files_without_lines > 0)
    terminal.note(`The lines of ${shown.files_without_lines} more files are not shown: there are too many`)
}

type Shown = AnswerOf<'get_task_diff'>

function momentOf({ live, read_at }: Shown): string {
  if (!live) return 'The task does not work at this moment: this is what it left'
  return read_at === null ? 'Its clone was not read' : `As it was at ${read_at}, uncommitted files too`
}

function fileLine({ path, old_path, status, added, removed, binary }: Shown['files'][number]): string {
  const letter = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', 'type-changed': 'T' }[status]
  return `${letter}  ${old_path === null ? path : `${old_path} -> ${path}`}  ${binary ? 'binary' : `+${added} -${removed}`}`
}
