import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from './random.ts'

/** Where a hostile agent does its worst: its clone, and what it would like to reach. */
export interface Place {
  readonly clone: string
  readonly taskId: string
  readonly start: string
  /** A folder of the host's with files that must stay as they are, and in which nothing may appear. */
  readonly outside: string
  readonly random: Random
}

export const gitFolder = ({ clone }: Place, ...names: string[]): string => join(clone, '.git', ...names)

/** Puts bytes in place of whatever is there. A `Buffer` as a path has bytes that are no text. */
export function put(path: string, content: string | Buffer): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

export function link(path: string, target: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

export function pipe(path: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  execFileSync('mkfifo', [path])
}

const identity = { GIT_AUTHOR_NAME: 'Agent', GIT_AUTHOR_EMAIL: 'agent@example.com', GIT_COMMITTER_NAME: 'Agent' }

/** Git as the agent runs it in its clone. Answers what it prints; empty when an earlier harm keeps it from working. */
export function git({ clone }: Place, args: readonly string[], input: string | Buffer = ''): string {
  try {
    return execFileSync('git', ['-c', 'core.fsmonitor=', '-c', 'gc.auto=0', ...args], {
      cwd: clone,
      input,
      env: { PATH: process.env.PATH, HOME: '/nonexistent', ...identity, GIT_COMMITTER_EMAIL: 'agent@example.com' },
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: 60_000,
      maxBuffer: 2 ** 26,
    })
      .toString('latin1')
      .trim()
  } catch {
    return '' // A clone that is harmed already answers nothing, and is as hostile without this.
  }
}

/** Writes an object with no check of what it holds. */
export const object = (place: Place, type: string, content: string | Buffer): string =>
  git(place, ['hash-object', '-t', type, '--literally', '-w', '--stdin'], content)

/** Makes it what the task's branch points to. */
export const tip = (place: Place, commit: string): void =>
  void git(place, ['update-ref', `refs/heads/task-${place.taskId}`, commit])

export const commitOf = (
  place: Place,
  tree: string,
  message: string | Buffer = 'Work\n',
  who = 'Agent <agent@example.com> 1700000000 +0000',
): string =>
  object(
    place,
    'commit',
    Buffer.concat([
      Buffer.from(`tree ${tree}\nparent ${place.start}\nauthor ${who}\ncommitter ${who}\n\n`, 'latin1'),
      Buffer.from(message),
    ]),
  )

export const entry = (mode: string, name: string | Buffer, id: string): Buffer =>
  Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(id, 'hex')])
