import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { createDriver } from '../../../main/machines/drivers.ts'
import { loadTasks } from '../../../main/tasks/record/load-tasks.ts'

/**
 * Ends the machines of a home's unfinished tasks, with no server running: it would leave them to its next start.
 * What they did stays in their folders. Answers how many there were.
 */
export async function stopMachines(home: string, signal: AbortSignal): Promise<number> {
  const image = () => Promise.reject(new Error('Nothing is started here'))
  const driver = createDriver({ image, cacheDirectory: cacheDirectory(), log: silentLog })
  let stopped = 0
  for (const { machine, exit } of (await loadTasks(home, silentLog)).open) {
    const running = machine && !exit ? await driver.adopt(machine) : undefined
    if (!running) continue
    await running.powerOff(signal)
    stopped += 1
  }
  return stopped
}
