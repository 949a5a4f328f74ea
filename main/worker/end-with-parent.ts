import { Worker } from 'node:worker_threads'

/** How often the parent is looked for. */
const lookMs = 1_000

/**
 * Ends this process, and the group that it leads, some time after its parent is gone, even where its own event loop stands still: what
 * a guest left may make a parser run on for hours, and then the end of the input is never read. A thread of its own looks.
 * @param graceMs For what has to come to its end, from the moment at which the parent was missed.
 */
export function endWithParent(graceMs: number): void {
  const watchdog = new Worker(program, {
    eval: true,
    workerData: { graceMs, lookMs, parent: process.ppid },
    execArgv: [],
  })
  watchdog.unref()
}

/** Plain JavaScript, which a thread runs as it is, from the source and from a bundle alike. */
const program = `
const { workerData: { graceMs, lookMs, parent } } = require('node:worker_threads')
const look = setInterval(() => {
  if (process.ppid === parent) return
  clearInterval(look)
  setTimeout(() => {
    try {
      process.kill(-process.pid, 'SIGKILL')
    } catch {
      process.kill(process.pid, 'SIGKILL') // It leads no group: it was started by hand.
    }
  }, graceMs)
}, lookMs)
`
