import { findTask } from '../terminal/find-task.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Where the clone of a task lies on this host. Needs no server. What is in it was written by a guest: look at it, and run nothing of it. */
export async function path(terminal: Terminal, idText: string): Promise<void> {
  terminal.say((await findTask(terminal.home, idText)).repo)
}
