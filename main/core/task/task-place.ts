/** A host as `ssh` leads to it. */
export interface SshHost {
  /** `HOST` or `USER@HOST`. */
  readonly host: string
  /** `NAME=VALUE`, as `ssh -o` takes each. */
  readonly options: readonly string[]
}

interface AnyPlace {
  readonly name: string
  /** What runs our program there; absolute paths of that machine. */
  readonly command: readonly [string, ...string[]]
  /** Where the API key is while its tasks run; left out: `home`. */
  readonly key?: KeyPlace
}

/**
 * `home`: the gateway that has it is on this host. `node`: it is beside the machine of each task, in the memory of the keeper and of a gateway there, so that
 * tasks go on while this host is away.
 */
export const keyPlaces = ['home', 'node'] as const
export type KeyPlace = (typeof keyPlaces)[number]

/** One Linux machine that ssh leads to. */
export interface SshPlace extends AnyPlace, SshHost {
  readonly kind: 'ssh'
}

/** A cluster that Slurm gives jobs to. */
export interface SlurmPlace extends AnyPlace {
  readonly kind: 'slurm'
  /** Where Slurm's commands are; null for this host. */
  readonly login: SshHost | null
  /** As `sbatch` takes them; left out, Slurm's own default holds. */
  readonly job: { readonly [Option in SlurmOption]?: string }
}

export const slurmOptions = ['partition', 'account', 'qos', 'constraint'] as const
export type SlurmOption = (typeof slurmOptions)[number]

/** Another machine, or several, that run tasks for this home. */
export type Place = SshPlace | SlurmPlace
export type PlaceKind = Place['kind']

/** A place whose program is not there yet. */
export type NewPlace = Omit<SshPlace, 'command'> | Omit<SlurmPlace, 'command'>

/** Where a task runs that does not run on this host, with all that it takes to reach it. */
export type TaskPlace = Place & {
  /** What the task is called there: two homes may use one machine. */
  readonly seat: string
}

/** How a task stands at its place, as it was heard last; on no record, since it is asked for anew after a start. */
export type Standing =
  | { readonly kind: 'runs' }
  /** In the words of what it waits for: the place's engine, or its keeper. */
  | { readonly kind: 'waits'; readonly why: string }
  | { readonly kind: 'away'; readonly why: string }

/** The host that leads there, for people. */
export function wayTo(place: NewPlace): string {
  if (place.kind === 'ssh') return place.host
  return place.login?.host ?? 'this host'
}

/** Where the other machine keeps what it has of a task, for people. @param node what the machine calls itself, where that is known. */
export function seatOf(place: TaskPlace, node: string | null): string {
  const of = place.kind === 'ssh' ? wayTo(place) : node === null ? `by ${wayTo(place)}` : `its node ${node}`
  return `the seat ${place.seat} at the place ${place.name} (${of})`
}

/** Names become words of commands and columns of lists. */
export const placeNamePattern = /^[a-z0-9][a-z0-9-]{0,30}$/

/** Nothing that `ssh` would take for an option. */
export const sshHostPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(@[A-Za-z0-9[][A-Za-z0-9.:\]-]{0,254})?$/

/** Of the machine there: a path that every shell takes for one word. */
export const placePathPattern = /^\/[A-Za-z0-9_./+-]{1,400}$/

/** What may follow `--partition=` and its like: names, and the signs of a constraint. */
export const slurmWordPattern = /^[A-Za-z0-9_][A-Za-z0-9_.,:&|*()[\]@+-]{0,200}$/

/** The name of a node, where it becomes a word of a command. */
export const nodeNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/** What names the home of a seat there. */
export const homeKeyOf = ({ seat }: Pick<TaskPlace, 'seat'>): string => seat.slice(0, 16)

/** A home, and one task of it. */
export const seatPattern = /^[0-9a-f]{16}-[0-9a-f]{8}$/
