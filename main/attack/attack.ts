import type { Failure } from '../core/failure.ts'

/** The promise that an attack would break, as the table in docs/network-and-security.md words it. */
type Rule =
  | 'state stays outside' // no host state lies where a guest can write
  | 'files are checked' // what a guest left is opened without following, bounded, parsed
  | 'nothing runs' // no program, hook or setting of a clone is obeyed
  | 'publishing runs nothing' // nor does a filter, driver or hook of the user's run for what a guest committed
  | 'what runs by itself waits' // for a person, and so does what leads there
  | 'a review hides nothing'
  | 'history is checked' // only sound commits come in, to refs of ours, and nothing from outside the clone
  | 'deletion stays inside'
  | 'the key goes'
  | 'the console is text'
  | 'the network is closed'
  | 'only the gateway asks the API' // with the user's key, for what an agent needs, and for nothing that the API does elsewhere
  | 'secrets stay on the host' // and are sent to their own host alone, with what they are for
  | 'a place is believed like a guest' // whatever a machine that runs tasks for this one says of them
  | 'limits hold'
  | 'helpers have no privileges'

interface Described {
  /** Unique; a few words with hyphens. */
  readonly name: string
  /** What it tries, one sentence. */
  readonly tries: string
  readonly rule: Rule
}

/** Host-side places of one attack. What a guest may not reach is in `host`; the guest knows the paths, as a good guesser would. */
export interface Fixture {
  readonly share: string
  readonly repo: string
  /** A file outside with `secret` in it; in every other way it could be a result or a line of the stream. */
  readonly secretFile: string
  readonly secret: string
  /** A folder outside with `keep.txt` in it, whose content no attack may change. */
  readonly victim: string
  /** A program outside; when it runs, `marker` is there. */
  readonly fire: string
  readonly marker: string
  /** Another repository of the user, with `secret` in its only commit. */
  readonly other: string
  readonly otherCommit: string
}

/** The user's side of one attack: their repository, and what else of `Fixture` their settings may name. */
export type UserSide = { readonly project: string } & Pick<Fixture, 'fire' | 'marker'>

/** The work waits for a person, for exactly these paths. It is then accepted by one, and nothing may break by that either. */
export interface Held {
  readonly held: readonly string[]
  /** Default: merged. Else it stays at its ref, since the checkout would need a program to run. */
  readonly accepted?: 'merged' | 'kept'
  /** What the person who reviews it must find there, each somewhere. */
  readonly shows?: (fixture: Pick<Fixture, 'victim'>) => readonly string[]
}

/** How a task must end: with the honest file that every guest leaves on the user's branch, at the task's ref alone, at one beside it, or held. */
export type Ends = 'merged' | 'kept' | 'beside' | Held

/** What a naive host does with what the guest left. Answers the harm it came to, beside what `marker` and `victim` show by themselves. */
export type NaiveHost = (fixture: Fixture) => Promise<readonly string[]>

/**
 * Files that a guest leaves in its share and clone. `guest` is a bash script that runs as root in a real guest, with SHARE, REPO
 * and the names of `Fixture` in capitals (SECRET is the file). The real host then finishes the task as any other.
 */
export interface LeftBehind extends Described {
  readonly kind: 'left-behind'
  readonly guest: string
  readonly naive: NaiveHost
  /** The naive host only looks, so it needs no copy, which could not be made. */
  readonly inPlace?: boolean
  /** What the user has or does while the guest works. */
  readonly user?: (side: UserSide) => Promise<void>
  /** Its user says something to its agent, and the host looks at what became of that as while its machine runs. */
  readonly listens?: true
  /** Default: merged. */
  readonly ends?: Ends
}

/** What a guest does to a folder that it shares with its host: `guest` runs in it, `sign` looks at it from the host's side. */
export interface Privilege extends Described {
  readonly kind: 'privilege'
  readonly guest: string
  /** The harm, when it is there. */
  readonly sign: (folder: string) => Promise<string | undefined>
}

/**
 * Something that a guest tries to reach. `probe` is a shell snippet, with HOST_PORT, UDP_PORT, IPV6_PORT and MCP_PORT; it prints what it
 * got to stdout: anything at all means that it got through.
 */
export interface Reach extends Described {
  readonly kind: 'reach'
  readonly probe: string
}

/** What a guest does while it runs; each is one part of a scene, which tells what came of it. */
export interface Lived extends Described {
  readonly kind: 'lived'
}

/** One request as a server took it: what of its key, its path and its body counts. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** Whichever header brought it; null without one. */
  readonly key: string | null
  readonly body: string
}

/**
 * What a guest sends to its gateway, for which the gateway or the host that it reaches asks the API something. `bytes` are those of each
 * connection, one after the other; `apiHost` is where the API is, as `HOST:PORT`. Every request that the API gets is looked at, so what
 * `harm` looks for must be of this attack alone.
 */
export interface Asked extends Described {
  readonly kind: 'asked'
  readonly bytes: (apiHost: string) => readonly string[]
  readonly harm: (seen: SeenRequest, usersKey: string) => string | undefined
}

/** A message or bytes on a channel, as a place frames them; or bytes that are no frame. */
export type SaidFrame =
  | { readonly message: object }
  | { readonly channel: number; readonly bytes: Buffer }
  | { readonly raw: Buffer }

/** What a home knows and keeps of a task after its place has spoken. */
export interface HomeAfter {
  /** The most memory that was made ready at the place's word, in bytes. */
  readonly roomMade: number
  readonly notes: readonly string[]
  readonly messages: readonly { readonly id: string; readonly state: string }[]
  /** Of what the agent said last, in characters. */
  readonly said: number
  /** The end that was taken; null where none was. */
  readonly failure: Failure | null
  /** On disk, in bytes. */
  readonly kept: number
  /** That were opened to the gateway. */
  readonly connections: number
  /** How often the place was sent the key. */
  readonly keys: number
  /** That a checkpoint names. */
  readonly commit: string | null
}

/** What a hostile place says, in the place of the keeper of a task that it was given, or before it was given any. */
export interface Said extends Described {
  readonly kind: 'said'
  /** In place of a greeting, straight after it, or once it has its task. */
  readonly says?: 'first' | 'at once' | 'of its task'
  readonly frames: () => readonly SaidFrame[]
  readonly harm: (after: HomeAfter) => string | undefined
}

export type Attack = LeftBehind | Privilege | Reach | Asked | Said | Lived

export interface Verdict extends Described {
  /** What broke, one sentence each; empty when the promise held. */
  readonly broken: readonly string[]
  /** How a naive host fared in the same run; null when this host cannot show it, `unproven` says why. */
  readonly proof: string | null
  readonly unproven?: string
}

export const verdict = (
  { name, tries, rule }: Described,
  broken: readonly string[],
  proof: string | null,
  unproven?: string,
): Verdict => ({ name, tries, rule, broken, proof, ...(unproven !== undefined && { unproven }) })
