import type { Refusal, RepositoryDetails } from '../../../preload/repository.ts'
import type { NetworkEvent } from '../../core/network/gateway.ts'
import type { TaskId } from '../../core/task/task.ts'
import { visibleLine } from '../../core/visible-text.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { readNetworkLog } from '../../tasks/record/network-log.ts'
import { filesOf } from '../../tasks/record/task-files.ts'

/** So many of a repository's newest tasks are looked at, and so much of what each has written down. */
const lookedAt = 20
const readBytes = 256 * 1024
const shown = 100

export async function repositoryDetails(
  tasks: Pick<Tasks, 'newest'>,
  { alias, tasksFolder }: { readonly alias: string; readonly tasksFolder: string },
): Promise<RepositoryDetails> {
  const { tasks: own } = await tasks.newest({ repo: alias, limit: lookedAt })
  const logs = await Promise.all(
    own.map(async (task) => ({
      task: task.id,
      // Beside the record: where there is none, its network was open or closed as a whole.
      events: (await readNetworkLog(filesOf(task).network, readBytes).catch(() => null)) ?? [],
    })),
  )
  return { refusals: refusalsIn(logs), tasksFolder }
}

/** One entry a destination, the newest first. Pure. */
export function refusalsIn(
  logs: readonly { readonly task: TaskId; readonly events: readonly NetworkEvent[] }[],
): readonly Refusal[] {
  const found = new Map<string, Refusal>()
  for (const { task, events } of logs) {
    for (const event of events) {
      if (event.verdict !== 'refused' && event.verdict !== 'failed') continue
      const key = `${event.host} ${event.port}`
      const times = (found.get(key)?.times ?? 0) + 1
      const { host, port, reason, at } = event
      found.delete(key)
      found.set(key, { host: visibleLine(host), port, kind: event.verdict, reason, times, at, task })
    }
  }
  const newestFirst = [...found.values()].sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0))
  return newestFirst.slice(0, shown)
}
