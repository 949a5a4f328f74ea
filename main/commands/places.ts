import { AppError } from '../core/failure.ts'
import { placeProblems, setUpPlace } from '../fleet/ssh/set-up.ts'
import { absolutePath } from '../lib/files/absolute-path.ts'
import { addPlace, checkPlace, findPlace, listPlaces, type Place, removePlace } from '../settings/places.ts'
import type { Terminal } from './terminal/terminal.ts'

export interface NewPlace {
  /** `HOST` or `USER@HOST`. */
  readonly ssh: string
  /** `NAME=VALUE`, as `ssh -o` takes each. */
  readonly sshOption?: readonly string[]
  readonly node?: string
  readonly folder?: string
}

/**
 * Copies our program to another machine, keeps how it is reached, and says what it lacks for a task.
 * @param root where our package lies; for tests.
 * @throws AppError('host-incomplete') when tasks cannot run there yet; the place is kept all the same.
 */
export async function addPlaceCommand(
  terminal: Terminal,
  name: string,
  { ssh: host, sshOption: options = [], node, folder }: NewPlace,
  root?: string,
): Promise<void> {
  const program = {
    ...(node !== undefined && { node: absolutePath(node, '--node') }),
    ...(folder !== undefined && { folder: absolutePath(folder, '--folder') }),
  }
  const place = { name, kind: 'ssh', host, options } as const
  checkPlace(place)
  terminal.note(`Copying our program to ${host}`)
  const command = await setUpPlace({ ...place, ...program }, root)
  await addPlace(terminal.home, { ...place, command })
  terminal.say(`Added: ${name}`)
  await report(terminal, { ...place, command })
}

export async function listPlacesCommand(terminal: Terminal): Promise<void> {
  const places = await listPlaces(terminal.home)
  if (places.length === 0) terminal.note('There are no places: microvm-orchestrator places add NAME --ssh HOST')
  for (const { name, kind, host, command } of places) terminal.say(`  ${name}: ${kind} ${host}, ${command.join(' ')}`)
}

export async function removePlaceCommand(terminal: Terminal, name: string): Promise<void> {
  await removePlace(terminal.home, name)
  terminal.note('Tasks there go on and come home. Its folder stays on that machine')
  terminal.say(`Removed: ${name}`)
}

/** @throws AppError('host-incomplete' | 'place-unknown' | 'place-unreachable') */
export async function doctorPlaceCommand(terminal: Terminal, name: string): Promise<void> {
  await report(terminal, await findPlace(terminal.home, name))
}

async function report(terminal: Terminal, place: Place): Promise<void> {
  const problems = await placeProblems(place)
  for (const { message, cure, optional } of problems) {
    terminal.say(`${optional ? '  optional' : '  missing '}  ${message}`)
    terminal.say(`            ${cure}`)
  }
  const missing = problems.filter(({ optional }) => !optional).length
  if (missing === 0) return terminal.say(`The place ${place.name} can run tasks.`)
  throw new AppError('host-incomplete', `The place ${place.name} cannot run tasks yet: see the points above`, {
    hint: `Mend them there, then run: microvm-orchestrator places doctor ${place.name}`,
  })
}
