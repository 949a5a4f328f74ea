import childProcess from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { parseTaskId } from '../../../main/core/task/task.ts'
import { JsonLinesFile } from '../../../main/lib/files/json-lines.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { tasksDirectory } from '../../../main/lib/files/paths.ts'
import { standIn, startOrchestrator, untilEnded } from '../orchestrator.ts'
import { until } from '../until.ts'
import { doomWorkers, type WorkerDoom } from './doom-workers.ts'

/** Where the orchestrator dies. Its own commands (git, mostly) are counted from the moment that the named event is on disk. */
export type Doom =
  | {
      readonly when: 'before' | 'after'
      readonly event: string /** How often it was there before. */
      readonly skip?: number
    }
  | { readonly command: number; readonly after: string }
  /** Of those that have the text in their arguments or options. */
  | { readonly command: number; readonly about: string }
  | WorkerDoom

/**
 * Runs one task, which may be told something while it works, or be forked at its end (and the fork be cancelled while it waits), or a second one after it in a machine that was booted ahead, in an orchestrator that kills itself, with SIGKILL, at one point: what is patched for it is here and not in the
 * product. Prints `ready` first, and `survived` when the point was never reached.
 */
const [rootAndGuest = '', doomText = ''] = process.argv.slice(2)
const {
  root,
  guest,
  warm = false,
  tell,
  fork,
  cancelled = false,
} = JSON.parse(rootAndGuest) as {
  root: string
  guest: string
  warm?: boolean
  tell?: string
  fork?: string
  cancelled?: boolean
}
const doom = JSON.parse(doomText) as Doom

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('not reached')
}

const append = JsonLinesFile.prototype.append
let seen = ''
let commands = 0
let skipped = 0
JsonLinesFile.prototype.append = async function (...values) {
  for (const [index, value] of values.entries()) {
    const { type } = value as { type: string }
    if (!('event' in doom) || doom.event !== type || skipped++ !== (doom.skip ?? 0)) continue
    // Of several lines that are written together, a crash may leave the first ones.
    const left = values.slice(0, doom.when === 'before' ? index : index + 1)
    if (left.length > 0) await append.call(this, ...left)
    die()
  }
  await append.call(this, ...values)
  seen = (values.at(-1) as { type: string }).type
  commands = 0
}

if ('job' in doom) doomWorkers(doom)
const spawn = childProcess.spawn
childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
  if ('after' in doom && seen === doom.after && ++commands === doom.command) die()
  if ('about' in doom && JSON.stringify(args).includes(doom.about) && ++commands === doom.command) die()
  return spawn(...args)
}) as typeof spawn
syncBuiltinESMExports()

/** Whether a machine waits for the next task, with all that its agent is loaded with. */
async function aheadOf(known: string): Promise<boolean> {
  const tasks = tasksDirectory(join(root, 'home'))
  const other = (await readdir(tasks)).find((name) => parseTaskId(name) && name !== known)
  return other !== undefined && (await pathExists(join(tasks, other, 'share', 'load')))
}

console.log('ready')
let isEnded = false
const { orchestrator } = await startOrchestrator({
  ...{ root, guest, warmMachines: warm ? 1 : 0 },
  ...(warm && { provisions: standIn }),
  isQueuePaused: () => cancelled && isEnded,
})
const first = await orchestrator.run({ description: 'say hello', repo: 'project' })
if (tell !== undefined) {
  await until(async () => (await orchestrator.get(first)).state.phase === 'working')
  await orchestrator.tell(first, tell, 'next')
}
await untilEnded(orchestrator, first)
isEnded = true
if (fork !== undefined) {
  const forks = await orchestrator.fork(first, { text: fork, count: cancelled ? 1 : 2 })
  if (cancelled) for (const id of forks) await orchestrator.cancel(id)
  for (const id of forks) await untilEnded(orchestrator, id)
}
if (warm) {
  await until(() => aheadOf(first))
  await untilEnded(orchestrator, await orchestrator.run({ description: 'say more', repo: 'project' }))
}
await orchestrator[Symbol.asyncDispose]()
console.log(`survived after ${seen}, ${commands} commands`)
