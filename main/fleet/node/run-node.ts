import { open, readFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, messageOf } from '../../core/failure.ts'
import { lockFile } from '../../lib/files/file-lock.ts'
import { ensurePrivateFolder } from '../../lib/files/private-folder.ts'
import { lastLine } from '../../lib/last-line.ts'
import { createLog } from '../../lib/log.ts'
import { forbidCoreDumps } from '../../lib/processes/forbid-core-dumps.ts'
import { startDetached } from '../../lib/processes/start-detached.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import type { KeeperTimes } from './keeper.ts'
import { nodeName } from './node-name.ts'
import type { NodeParts } from './node-task.ts'
import { pruneNode } from './prune-node.ts'
import { limitSignal, runJob } from './run-job.ts'
import { listSeats, livingKeeper, makeSeat, type SeatFiles, seatFiles, seatsFolder } from './seat-files.ts'

export interface NodeOptions extends Pick<NodeParts, 'root'> {
  /** Made when it is needed: most verbs need none, and are to be quick. */
  readonly driver: () => Promise<MachineDriver>
  /** What starts this very program, without a verb. */
  readonly self: readonly [string, ...string[]]
  /** Prints what this host lacks for a task. @returns whether it lacks nothing. */
  readonly doctor: (say: (line: string) => void) => Promise<boolean>
  readonly times?: Partial<KeeperTimes>
}

/** Through whose memory a key may go that is at the node, and what they are started by. */
const hasKey: readonly string[] = ['keep', 'job', 'attach']

/** How long a keeper may take until it can be spoken to. */
const startMs = 60_000

/**
 * The program of a node, as home and engines call it: `start SEAT` has a keeper run, of its own or one that does already; `keep SEAT` is that
 * keeper, in the foreground; `job SEAT` is the same for an engine's job, and follows a keeper that dies by another one; `attach SEAT` joins its standard streams to a keeper; `look HOME` says what became of the seats of
 * a home; `stop SEAT` ends one; `doctor` says what is missing. @returns the exit status.
 */
export async function runNode([verb = '', name = '']: readonly string[], options: NodeOptions): Promise<number> {
  const { root } = options
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  if (hasKey.includes(verb)) await forbidCoreDumps()
  await ensurePrivateFolder(root)
  await ensurePrivateFolder(seatsFolder(root))
  switch (verb) {
    case 'keep':
      return await keepSeat(seatFiles(root, name), options)
    case 'job':
      return await runJob(seatFiles(root, name), options.self)
    case 'start':
      await startKeeper(seatFiles(root, name), options)
      return 0
    case 'attach':
      await attach(seatFiles(root, name))
      return 0
    case 'look':
      if (!/^[0-9a-f]{16}$/.test(name)) return unknownVerb(verb)
      for (const files of await listSeats(root, `${name}-`)) {
        const state = (await livingKeeper(files)) ? 'running' : 'left'
        say(JSON.stringify({ seat: files.seat, state, node: nodeName() }))
      }
      return 0
    case 'stop': {
      const keeper = await livingKeeper(seatFiles(root, name))
      if (keeper) process.kill(keeper.pid, 'SIGTERM')
      return 0
    }
    case 'doctor':
      return (await options.doctor(say)) ? 0 : 1
    default:
      return unknownVerb(verb)
  }
}

function unknownVerb(verb: string): number {
  process.stderr.write(`'${verb}' is nothing that a node does. This program is called by microvm-orchestrator\n`)
  return 2
}

async function keepSeat(files: SeatFiles, { root, driver, times }: NodeOptions): Promise<number> {
  const log = createLog().with({ seat: files.seat })
  const stop = new AbortController()
  // An engine's own end of a job: it was cancelled, ran into its limit, or its machine goes down. What can be saved is saved in the seat.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort(new AppError('cancelled', `The place ended the task with ${signal}`)))
  process.on(limitSignal, () => stop.abort(new AppError('timed-out', 'The job of the task ran into its limit of time')))
  const { keep } = await import('./keeper.ts')
  void pruneNode(root).then(
    (pruned) => pruned.length > 0 && log.info('what nobody needs was deleted', { pruned }),
    (error: unknown) => log.warn('what nobody needs could not be deleted', { reason: messageOf(error) }),
  )
  try {
    const end = await keep({ root, driver: await driver(), log }, files, stop.signal, times)
    log.info(end === 'kept' ? 'the seat keeps what did not come home' : 'the seat is cleared', { end })
    return 0
  } catch (error) {
    // Whatever still waits for the machine here must not hold up the keeper that comes next.
    process.stderr.write(`${messageOf(error)}\n`)
    process.exit(1)
  }
}

async function startKeeper(files: SeatFiles, { root, self }: NodeOptions): Promise<void> {
  await using _lock = await lockFile(join(root, `${files.seat}.start`))
  let died: Promise<never> | undefined
  if (!(await livingKeeper(files))) {
    await makeSeat(files)
    const [file, ...args] = self
    await using log = await open(files.keeperLog, 'a', 0o600)
    const stdio = ['ignore', log.fd, log.fd] as const
    const { ended } = await startDetached(file, [...args, 'keep', files.seat], { cwd: '/', stdio: [...stdio] })
    died = ended.then(async () => {
      const said = lastLine(await readFile(files.keeperLog, 'utf8').catch(() => ''))
      throw new Error(`The keeper of seat ${files.seat} ended at once: ${said.slice(0, 500)}`)
    })
    died.catch(() => undefined) // Thrown where it is waited for.
  }
  const over = new AbortController()
  const reached = reach(files, startMs, over.signal)
  const socket = await Promise.race([reached, ...(died ? [died] : [])]).finally(() => over.abort())
  socket.destroy()
}

/** A connection to the keeper, which may just have started. @throws when it does not come. */
async function reach({ socket: path, seat }: SeatFiles, patienceMs: number, over?: AbortSignal): Promise<Socket> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const socket = createConnection(path)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve).once('error', reject)
      })
      return socket
    } catch (error) {
      socket.destroy()
      if (over?.aborted || performance.now() > deadline)
        throw new Error(`No keeper of seat ${seat} answers: ${String(error)}`)
      await sleep(50)
    }
  }
}

/** A short-lived pipe; it holds nothing, and whoever ends it ends nothing else. */
async function attach(files: SeatFiles): Promise<void> {
  const socket = await reach(files, 15_000)
  process.stdin.pipe(socket)
  socket.pipe(process.stdout)
  process.stdin.on('error', () => socket.destroy())
  process.stdout.on('error', () => socket.destroy())
  socket.on('error', () => undefined) // `close` follows.
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
  process.stdin.destroy()
}
