import { chown, mkdir, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../core/failure.ts'
import type { HelperUser } from './helper-user.ts'
import { openRunRoot, runRoots } from './run-root.ts'

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
  /** The hypervisor's end of the line by which shells and ports of the guest are reached. */
  readonly attachSocket: string
  /** QEMU's end of the port on which a guest that is restored hears what for. */
  readonly restoreSocket: string
  /** Over which the state of a template's devices comes and goes. */
  readonly stateSocket: string
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
    attachSocket: join(io, 'attach.sock'),
    restoreSocket: join(io, 'restore.sock'),
    stateSocket: join(io, 'state.sock'),
    mounts: (helper) => join(path, 'mounts', helper),
    log: (helper) => join(path, `${helper}.log`),
  }
}

/**
 * Makes a machine's run directory; one that a dead machine left is emptied first.
 * @throws AppError('boot-failed') when a living machine has this name or the path is unusable.
 */
export async function makeRunDirectory(name: string, user: HelperUser): Promise<RunDirectory> {
  if (!namePattern.test(name)) throw new AppError('boot-failed', `'${name}' cannot name a machine`)
  const run = runDirectoryAt(join(await openRunRoot(), name))
  if (Buffer.byteLength(join(run.path, longestSocket)) > socketPathLimit) {
    throw new AppError('boot-failed', `The path ${run.path} is too long for sockets`, {
      hint: 'Set XDG_RUNTIME_DIR to a short path',
    })
  }
  const traversable = user.kind === 'dropped' ? 0o711 : 0o700
  if (await listens(run.controlSocket)) throw new AppError('boot-failed', `A machine named '${name}' runs already`)
  await rm(run.path, { recursive: true, force: true })
  await mkdir(run.path, { mode: traversable })
  await mkdir(run.io, { mode: 0o700 })
  if (user.kind === 'dropped') await chown(run.io, user.uid, user.gid)
  return run
}

/** Removes a run directory; refuses any path that is not one. */
export async function removeRunDirectory(path: string): Promise<void> {
  if (!runRoots().includes(dirname(path)) || !namePattern.test(basename(path)))
    throw new Error(`${path} is no run directory`)
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
