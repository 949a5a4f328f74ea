import { AppError } from '../../core/failure.ts'
import { type NetworkSummary, summarize } from '../../core/network/network-summary.ts'
import { readNetworkLog } from '../../tasks/record/network-log.ts'
import { findTask } from '../terminal/find-task.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** The gateway writes no more than 17 MB. */
const logBytes = 32 * 1024 ** 2

/** One line a destination that the task reached or was refused, as the gateway of its machine wrote it down. Needs no server. */
export async function network(terminal: Terminal, idText: string): Promise<void> {
  const files = await findTask(terminal.home, idText)
  const events = await readNetworkLog(files.network, logBytes)
  if (!events) {
    throw new AppError('task-busy', 'No network log was kept for this task', {
      hint: 'Tasks have one whose repository has a list of hosts (microvm-orchestrator allow PATH --allow-host HOST) or a secret',
    })
  }
  for (const summary of summarize(events)) terminal.say(line(summary))
  for (const event of events) {
    if (event.verdict === 'full') terminal.note(`There was more of '${event.of}' than the log holds: ${files.network}`)
  }
}

function line({ host, port, reached, up, down, refused, failed, reason, secrets }: NetworkSummary): string {
  const parts = [
    ...(reached > 0 ? [`reached ${times(reached)}, ${up} bytes up, ${down} bytes down`] : []),
    ...(secrets.length > 0 ? [`with the secret ${secrets.join(', ')}`] : []),
    ...(refused > 0 ? [`refused ${times(refused)} (${reason})`] : []),
    ...(failed > 0 ? [`failed ${times(failed)} (${reason})`] : []),
  ]
  return `  ${host}:${port}: ${parts.join('; ')}`
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
