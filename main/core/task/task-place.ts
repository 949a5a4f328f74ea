/** Where a task runs that does not run on this host, with all that it takes to reach it. */
export interface TaskPlace {
  readonly name: string
  readonly kind: 'ssh'
  /** As `ssh` takes it: `HOST` or `USER@HOST`. */
  readonly host: string
  /** `NAME=VALUE`, as `ssh -o` takes each. */
  readonly options: readonly string[]
  /** What runs our program there; absolute paths of that machine. */
  readonly command: readonly [string, ...string[]]
  /** What the task is called there: two homes may use one machine. */
  readonly seat: string
}

/** Where the other machine keeps what it has of a task, for people. */
export const seatOf = ({ name, host, seat }: Pick<TaskPlace, 'name' | 'host' | 'seat'>): string =>
  `the seat ${seat} at the place ${name} (${host})`

/** Names become words of commands and columns of lists. */
export const placeNamePattern = /^[a-z0-9][a-z0-9-]{0,30}$/

/** Nothing that `ssh` would take for an option. */
export const sshHostPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(@[A-Za-z0-9[][A-Za-z0-9.:\]-]{0,254})?$/

/** Of the machine there: a path that every shell takes for one word. */
export const placePathPattern = /^\/[A-Za-z0-9_./+-]{1,400}$/

/** A home, and one task of it. */
export const seatPattern = /^[0-9a-f]{16}-[0-9a-f]{8}$/
