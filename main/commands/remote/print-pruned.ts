import type { AnswerOf } from '../../api/operations/all.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** One line for each folder that went, or would go, and the sum. */
export function printPruned(terminal: Terminal, report: AnswerOf<'prune'>): void {
  for (const { task_id, repo, bytes } of report.tasks) terminal.say(`  task ${task_id} of ${repo}: ${mebibytes(bytes)}`)
  for (const { key, bytes } of report.images) terminal.say(`  image ${key}: ${mebibytes(bytes)}`)
  for (const { path, reason } of report.left) terminal.note(`  could not be deleted: ${path}: ${reason}`)
  if (report.tasks.length + report.images.length === 0) terminal.say('Nothing to free')
  else terminal.say(`${report.dry_run ? 'Would free' : 'Freed'} ${mebibytes(report.freed_bytes)}`)
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
