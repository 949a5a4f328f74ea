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

/** What may follow `--partition=` and its like: names, and the signs of a constraint. */
const slurmWord = /^[A-Za-z0-9_][A-Za-z0-9_.,:&|*()[\]@+-]{0,200}$/

/** What the engine of a cluster can be asked for, by the kind of the place, and what may be said for it. */
export const jobOptions = {
  slurm: { partition: slurmWord, account: slurmWord, qos: slurmWord, constraint: slurmWord },
  htcondor: {
    /** An expression of ClassAds, in one line. */
    requirements: /^[ -~]{1,1000}$/,
    /** An accounting group. */
    group: /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,200}$/,
  },
} as const satisfies Record<string, Readonly<Record<string, RegExp>>>

/** A kind of cluster: several machines to which an engine gives jobs. */
export type ClusterKind = keyof typeof jobOptions
export type JobOption = { [Kind in ClusterKind]: keyof (typeof jobOptions)[Kind] }[ClusterKind]

interface ClusterOf<Kind extends ClusterKind> extends AnyPlace {
  readonly kind: Kind
  /** Where the engine's commands are; null for this host. */
  readonly login: SshHost | null
  /** What is left out is as the engine has it by default. */
  readonly job: { readonly [Option in keyof (typeof jobOptions)[Kind]]?: string }
}

/** A cluster that Slurm gives jobs to; its options are those of `sbatch`. */
export type SlurmPlace = ClusterOf<'slurm'>

/** A pool that HTCondor gives jobs to. */
export type HtcondorPlace = ClusterOf<'htcondor'>

/** A namespace of a Kubernetes cluster, where tasks are Jobs. The last word of `command` is where pods find their store. */
export interface KubernetesPlace extends AnyPlace {
  readonly kind: 'kubernetes'
  /** Of the user's kubeconfig: which cluster, and as whom. */
  readonly context: string
  readonly namespace: string
  /** Has our program, and all that a Linux host needs for tasks. */
  readonly image: string
  /** What device plugins offer, of which a pod has one each; none: pods are privileged, and have the devices of their node. */
  readonly devices: readonly string[]
  /** What outlives pods: histories, disks of slots, and the work of tasks. */
  readonly store: KubernetesStore
}

export type KubernetesStore =
  /** A folder of each node. */
  | { readonly kind: 'host-path'; readonly path: string }
  /** A volume that all pods have by its claim. */
  | { readonly kind: 'claim'; readonly claim: string }

/** Another machine, or several, that run tasks for this home. */
export type Place = SshPlace | SlurmPlace | HtcondorPlace | KubernetesPlace
export type PlaceKind = Place['kind']

/** A place whose program is not there yet. */
export type NewPlace = WithoutCommand<Place>
type WithoutCommand<Each> = Each extends unknown ? Omit<Each, 'command'> : never

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

/** The host where commands of the place run; null for this one. */
export function hostOf(place: NewPlace): SshHost | null {
  if (place.kind === 'kubernetes') return null
  return place.kind === 'ssh' ? place : place.login
}

/** What its engine is asked for, by the name of the option; nothing where it has no engine of its own. */
export function asksOf(place: NewPlace): Readonly<Record<string, string>> {
  if (place.kind === 'kubernetes') return { context: place.context, namespace: place.namespace, image: place.image }
  return place.kind === 'ssh' ? {} : place.job
}

/** The host that leads there, for people. */
export const wayTo = (place: NewPlace): string =>
  place.kind === 'kubernetes'
    ? `the namespace ${place.namespace} of ${place.context}`
    : (hostOf(place)?.host ?? 'this host')

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

/** A context of a kubeconfig, which may be any text there: nothing that becomes another word or an option. */
export const kubeContextPattern = /^[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,250}$/
/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
export const kubeNamePattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/** https://github.com/distribution/reference */
export const imagePattern = /^[a-z0-9][A-Za-z0-9._/:@-]{0,400}$/
/** An extended resource, such as `devices.kubevirt.io/kvm`. */
export const deviceResourcePattern = /^[a-z0-9][a-z0-9.-]{0,250}\/[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** The name of a node, where it becomes a word of a command. */
export const nodeNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/** What names the home of a seat there. */
export const homeKeyOf = ({ seat }: Pick<TaskPlace, 'seat'>): string => seat.slice(0, 16)

/** A home, and one task of it. */
export const seatPattern = /^[0-9a-f]{16}-[0-9a-f]{8}$/
