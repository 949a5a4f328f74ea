import { taskSummary } from '../api/views.ts'
import type { Tasks } from '../tasks/contract.ts'
import { serverIfRunning } from './terminal/connection.ts'
import { loadAllTasks } from './terminal/load-all-tasks.ts'
import type { Terminal } from './terminal/terminal.ts'

const shownCharacters = 72

/** With no server nothing is about to begin or to land. */
const noQueue: Pick<Tasks, 'queuePosition' | 'readiness' | 'landing' | 'placeStanding'> = {
  queuePosition: () => null,
  readiness: () => null,
  landing: () => null,
  placeStanding: () => undefined,
}

/** One line a task, oldest first: id, status, repository, and the first line of its text. */
export async function tasks(terminal: Terminal): Promise<void> {
  const server = await serverIfRunning(terminal.home)
  const all = server
    ? (await server.call('list_tasks', {})).tasks
    : (await loadAllTasks(terminal.home)).map((task) => taskSummary(task, noQueue))
  const width = Math.max(0, ...all.map(({ repo }) => repo.length))
  for (const { task_id, status, repo, description } of all) {
    terminal.say(`  ${task_id}  ${status.padEnd(9)}  ${repo.padEnd(width)}  ${firstLine(description)}`)
  }
}

function firstLine(text: string): string {
  const [line = ''] = text.trimStart().split('\n', 1)
  return line.length <= shownCharacters ? line : `${line.slice(0, shownCharacters - 1)}…`
}
