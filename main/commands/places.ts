import { normalize } from 'node:path'
import { AppError } from '../core/failure.ts'
import {
  asksOf,
  type ClusterKind,
  type JobOption,
  jobOptions,
  type KeyPlace,
  type NewPlace,
  type Place,
  wayTo,
} from '../core/task/task-place.ts'
import { placeProblems } from '../fleet/set-up/place-problems.ts'
import { setUpPlace } from '../fleet/set-up/set-up-place.ts'
import { absolutePath } from '../lib/files/absolute-path.ts'
import { addPlace, checkPlace, findPlace, listPlaces, removePlace, wrongPlace } from '../settings/places.ts'
import { type KubernetesFlags, kubernetesFlags, kubernetesPlace } from './kubernetes-place.ts'
import type { Terminal } from './terminal/terminal.ts'

export interface PlaceFlags
  extends Partial<Record<JobOption, string>>,
    Partial<Record<ClusterKind, boolean>>,
    KubernetesFlags {
  readonly kubernetes?: boolean
  /** `HOST` or `USER@HOST`. */
  readonly ssh?: string
  /** `HOST` or `USER@HOST`, where the engine's commands are. */
  readonly login?: string
  /** `NAME=VALUE`, as `ssh -o` takes each. */
  readonly sshOption?: readonly string[]
  readonly key?: KeyPlace
  readonly node?: string
  readonly folder?: string
  readonly scratch?: string
}

/**
 * Copies our program to another machine, keeps how it is reached, and says what it lacks for a task.
 * @param root where our package lies; for tests.
 * @throws AppError('host-incomplete') when tasks cannot run there yet; the place is kept all the same.
 */
export async function addPlaceCommand(
  terminal: Terminal,
  name: string,
  flags: PlaceFlags,
  root?: string,
): Promise<void> {
  const place = { ...(await placeOf(name, flags)), ...(flags.key === 'node' && { key: flags.key }) }
  const paths = (['node', 'folder', 'scratch'] as const).flatMap((flag) => {
    const path = flags[flag]
    return path === undefined ? [] : [[flag, absolutePath(path, `--${flag}`)]]
  })
  checkPlace(place)
  if (place.kind !== 'kubernetes') terminal.note(`Copying our program to ${wayTo(place)}`)
  const added = { ...place, command: await setUpPlace(place, Object.fromEntries(paths), root) }
  await addPlace(terminal.home, added)
  terminal.say(`Added: ${name}`)
  if (place.kind === 'slurm' && flags.key === 'node') terminal.note(slurmNote)
  await report(terminal, added)
}

const slurmNote =
  'The key goes there over srun, which Slurm authenticates but encrypts only where its administrator has set TLSType'

/** @throws AppError('argument-invalid') for flags that do not go together. */
async function placeOf(name: string, flags: PlaceFlags): Promise<NewPlace> {
  const { kubernetes = false, ...others } = flags
  const ofOthers = [
    'ssh',
    'login',
    'sshOption',
    'node',
    'folder',
    'scratch',
    ...clusterKinds,
    ...clusterKinds.flatMap(optionsOf),
  ] as const
  const stray = (kubernetes ? ofOthers : kubernetesFlags).find((flag) => flags[flag] !== undefined)
  if (stray === undefined) return kubernetes ? await kubernetesPlace(name, flags) : hostOrCluster(name, others)
  const option = `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw wrongPlace(`${option} is ${kubernetes ? 'not ' : ''}for a place with --kubernetes`)
}

function hostOrCluster(name: string, { ssh, login, sshOption: options = [], scratch, ...flags }: PlaceFlags): NewPlace {
  const kinds = clusterKinds.filter((kind) => flags[kind] === true)
  const [kind] = kinds
  if (kinds.length + (ssh === undefined ? 0 : 1) !== 1)
    throw wrongPlace('A place has one of --ssh HOST, --slurm, --htcondor and --kubernetes')
  for (const other of clusterKinds.filter((each) => each !== kind)) {
    const stray = optionsOf(other).find((option) => flags[option] !== undefined)
    if (stray !== undefined) throw wrongPlace(`--${stray} is for a place with --${other}`)
  }
  if (kind === undefined) {
    const stray = login === undefined ? scratch && 'scratch' : 'login'
    if (stray !== undefined)
      throw wrongPlace(`--${stray} is for a place with ${clusterKinds.map((each) => `--${each}`).join(' or ')}`)
    return { name, kind: 'ssh', host: ssh ?? '', options }
  }
  if (login === undefined && options.length > 0) throw wrongPlace('--ssh-option is for a place with --ssh or --login')
  if (kind === 'htcondor' && !isOfNode(scratch))
    throw wrongPlace(
      'A place with --htcondor has --scratch PATH, outside of /tmp and /var/tmp: HTCondor gives each job those of its own, and deletes them with it',
    )
  const job = optionsOf(kind).flatMap((option) => (flags[option] === undefined ? [] : [[option, flags[option]]]))
  return { name, kind, job: Object.fromEntries(job), login: login === undefined ? null : { host: login, options } }
}

const clusterKinds = Object.keys(jobOptions) as readonly ClusterKind[]
const optionsOf = (kind: ClusterKind) => Object.keys(jobOptions[kind]) as readonly JobOption[]

/** Whether a path of a node is there for the next job, too. */
const isOfNode = (path: string | undefined): boolean =>
  path !== undefined && !/^\/(var\/)?tmp(\/|$)/.test(normalize(path))

export async function listPlacesCommand(terminal: Terminal): Promise<void> {
  const places = await listPlaces(terminal.home)
  if (places.length === 0)
    terminal.note(
      'There are no places: microvm-orchestrator places add NAME --ssh HOST, --slurm, --htcondor or --kubernetes',
    )
  for (const place of places) {
    const asks = Object.entries(asksOf(place)).map(([option, value]) => `, ${option} ${value}`)
    terminal.say(
      `  ${place.name}: ${place.kind} ${wayTo(place)}${asks.join('')}${place.key === 'node' ? ', key there' : ''}, ${place.command.join(' ')}`,
    )
  }
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
