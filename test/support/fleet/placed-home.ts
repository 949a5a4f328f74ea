import { createFleet } from '../../../main/fleet/fleet.ts'
import { startOrchestrator } from '../orchestrator.ts'
import { shortPatience } from './patience.ts'

/** A home in a process of its own, to be killed: `placed-home.ts ROOT PLACE TEXT` runs a task at the place, says its id, and goes on. */
const [root = '', place = '', description = ''] = process.argv.slice(2)
const { orchestrator } = await startOrchestrator({
  root,
  guest: 'exit 1',
  places: (home) => createFleet(home, shortPatience),
})
const id = await orchestrator.run({ description, repo: 'project', place })
process.stdout.write(`${id}\n`)
setInterval(() => undefined, 60_000)
