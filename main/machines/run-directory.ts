import { chown, lstat, mkdir, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import type { HelperUser } from './helper-user.ts'

/** Linux takes 107 bytes and a final NUL, macOS 103. */
const socketPathLimit = 103
const longestSocket = 'io/virtiofs-share.sock'
const namePattern = /^[a-z0-9][a-z0-9-]{0,40}$/

/** What lies in a machine's run directory. `io` belongs to the helpers; all else to the orchestrator, out of their reach. */
export interface RunDirectory {
  readonly path: string
  readonly io: string
  readonly controlSocket: string
  /** QEMU's end of the port on which the guest hears the time. */
  readonly clockSocket: string
  mounts(helper: string): string
  log(helper: string): string
}

export function runDirectoryAt(path: string): RunDirectory {
  const io = join(path, 'io')
  return {
    path,
    io,
    controlSocket: join(io, 'control.sock'),
    clockSocket: join(io, 'clock.sock'),
    mounts: (helper) => join(path, 'mounts', helper),
    log: (helper) => join(path, `${helper}.log`),
  }
}

/** The folder above all run directories: short, in memory, and gone after a reboot like the processes it speaks of. */
export function runRoot(env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.() ?? -1): string {
  if (uid === 0) return '/run/microvm-orchestrator'
  if (env.XDG_RUNTIME_DIR?.startsWith('/')) return join(env.XDG_RUNTIME_DIR, 'microvm-orchestrator')
  return `/tmp/microvm-orchestrator-${uid}`
}

/**
 * Makes a machine's run directory; one that a dead machine left is emptied first.
 * @throws AppError('boot-failed') when a living machine has this name or the path is unusable.
 */
export async function makeRunDirectory(name: string, user: HelperUser): Promise<RunDirectory> {
  if (!namePattern.test(name)) throw new AppError('boot-failed', `'${name}' cannot name a machine`)
  const root = runRoot()
  const run = runDirectoryAt(join(root, name))
  if (Buffer.byteLength(join(run.path, longestSocket)) > socketPathLimit) {
    throw new AppError('boot-failed', `The path ${run.path} is too long for sockets`, {
      hint: 'Set XDG_RUNTIME_DIR to a short path',
    })
  }
  const traversable = user.kind === 'dropped' ? 0o711 : 0o700
  await mkdir(root, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const owner = await lstat(root)
  if (!owner.isDirectory() || owner.uid !== process.getuid?.() || (owner.mode & 0o022) !== 0) {
    throw new AppError('boot-failed', `${root} is not a private folder of this user`, { hint: `Remove ${root}` })
  }
  if (await listens(run.controlSocket)) throw new AppError('boot-failed', `A machine named '${name}' runs already`)
  await rm(run.path, { recursive: true, force: true })
  await mkdir(run.path, { mode: traversable })
  await mkdir(run.io, { mode: 0o700 })
  if (user.kind === 'dropped') await chown(run.io, user.uid, user.gid)
  return run
}

/** Removes a run directory; refuses any path that is not one. */
export async function removeRunDirectory(path: string): Promise<void> {
  const root = runRoot()
  const name = path.slice(root.length + 1)
  if (path !== join(root, name) || !namePattern.test(name)) throw new Error(`${path} is no run directory`)
  await rm(path, { recursive: true, force: true })
}

function listens(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
