import { createFleet } from '../../../main/fleet/fleet.ts'
import { startOrchestrator } from '../orchestrator.ts'

/** A home in a process of its own, to be killed: `placed-home.ts ROOT TEXT` runs a task at the place `desk`, says its id, and goes on. */
const [root = '', description = ''] = process.argv.slice(2)
const patience = {
  retryMs: { least: 50, most: 500 },
  lostMs: 60_000,
  stopMs: 10_000,
  endMs: 60_000,
  overtimeMs: 60_000,
}
const { orchestrator } = await startOrchestrator({
  root,
  guest: 'exit 1',
  places: (home) => createFleet(home, patience),
})
const id = await orchestrator.run({ description, repo: 'project', place: 'desk' })
process.stdout.write(`${id}\n`)
setInterval(() => undefined, 60_000)
