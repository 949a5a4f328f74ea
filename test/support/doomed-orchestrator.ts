import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import { JsonLinesFile } from '../../main/lib/json-lines.ts'
import { startOrchestrator } from './orchestrator.ts'

/** Where the orchestrator dies. Commands (git, mostly) are counted from the moment that the named event is on disk. */
export type Doom =
  | {
      readonly when: 'before' | 'after'
      readonly event: string /** How often it was there before. */
      readonly skip?: number
    }
  | { readonly command: number; readonly after: string }

/**
 * Runs one task in an orchestrator that kills itself, with SIGKILL, at one point: what is patched for it is here and not in the
 * product. Prints `ready` first, and `survived` when the point was never reached.
 */
const [rootAndGuest = '', doomText = ''] = process.argv.slice(2)
const { root, guest } = JSON.parse(rootAndGuest) as { root: string; guest: string }
const doom = JSON.parse(doomText) as Doom

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('not reached')
}

const append = JsonLinesFile.prototype.append
let seen = ''
let commands = 0
let skipped = 0
JsonLinesFile.prototype.append = async function (value) {
  const { type } = value as { type: string }
  const isHere = 'event' in doom && doom.event === type && skipped++ === (doom.skip ?? 0) ? doom.when : undefined
  if (isHere === 'before') die()
  await append.call(this, value)
  if (isHere === 'after') die()
  seen = type
  commands = 0
}

const spawn = childProcess.spawn
childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
  if ('command' in doom && seen === doom.after && ++commands === doom.command) die()
  return spawn(...args)
}) as typeof spawn
syncBuiltinESMExports()

console.log('ready')
const { orchestrator } = await startOrchestrator({ root, guest })
const id = await orchestrator.run({ description: 'say hello', repo: 'project' })
while ((await orchestrator.get(id)).announcedSeq === null) await new Promise((resolve) => setTimeout(resolve, 20))
await orchestrator[Symbol.asyncDispose]()
console.log(`survived after ${seen}, ${commands} commands`)
