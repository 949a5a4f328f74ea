import { connectToServer } from '../../web/client.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface PruneOptions {
  readonly dryRun: boolean
  readonly keepDays?: number
  readonly maxGib?: number
}

/** One line for each folder that went, or would go, and the sum. */
export async function prune(terminal: Terminal, { dryRun, keepDays, maxGib }: PruneOptions): Promise<void> {
  const server = await connectToServer(terminal.home)
  const report = await server.call('prune', {
    dry_run: dryRun,
    ...(keepDays !== undefined && { keep_days: keepDays }),
    ...(maxGib !== undefined && { max_gib: maxGib }),
  })
  for (const { task_id, repo, bytes } of report.tasks) terminal.say(`  task ${task_id} of ${repo}: ${mebibytes(bytes)}`)
  for (const { key, bytes } of report.images) terminal.say(`  image ${key}: ${mebibytes(bytes)}`)
  for (const { path, reason } of report.left) terminal.note(`  could not be deleted: ${path}: ${reason}`)
  if (report.tasks.length + report.images.length === 0) return terminal.say('Nothing to free')
  terminal.say(`${dryRun ? 'Would free' : 'Freed'} ${mebibytes(report.freed_bytes)}`)
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
