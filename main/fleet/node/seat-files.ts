import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'
import { seatPattern } from '../../core/task/task-place.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { isAlive, type ProcessIdentity, startTimeOf } from '../../lib/processes/process-identity.ts'

/** Everything of one task on a node lies in its seat, but for the store of its repository and the disks of its slot. */
export interface SeatFiles {
  readonly seat: string
  readonly taskId: TaskId
  readonly folder: string
  /** The process of its keeper. */
  readonly keeper: string
  readonly keeperLog: string
  /** Where home's attachments arrive. */
  readonly socket: string
  /** Where the guest's connections to its gateway arrive. The folder alone is shown to the machine. */
  readonly gatewaySocket: string
  /** What a gateway beside the machine let through, where the key is there. */
  readonly network: string
  /** What it takes to go on after a crash; nothing secret is in it. */
  readonly given: string
  /** The number of the slot whose disks it has. */
  readonly slot: string
  /** What came of the history; read once. */
  readonly clonePack: string
  /** Of a task that goes on, as home sent it: the commits of its work, what its agent remembers, and its stream; each read once. */
  readonly past: { readonly work: string; readonly session: string; readonly stream: string }
  /** What stands for the user's repository. */
  readonly source: string
  /** A flake that stands in place of the repository's. */
  readonly environment: string
  /** Host-only: what the clone held when it was last read while the task worked. */
  readonly living: string
  readonly checkpointPack: string
  /** What the agent remembers, for home. */
  readonly sessionFile: string
  /** The work, for home; there when the task is done, beside `end`. */
  readonly workPack: string
  readonly end: string
}

export const seatsFolder = (root: string): string => join(root, 'seats')

/** @throws for what is no name of a seat. */
export function seatFiles(root: string, seat: string): SeatFiles {
  const taskId = seatPattern.test(seat) ? parseTaskId(seat.slice(-8)) : undefined
  if (taskId === undefined) throw new Error(`'${seat.slice(0, 60)}' names no seat`)
  const folder = join(seatsFolder(root), seat)
  const file = (name: string) => join(folder, name)
  return {
    ...{ seat, taskId, folder },
    keeper: file('keeper.json'),
    keeperLog: file('keeper.log'),
    socket: file('k.sock'),
    gatewaySocket: join(folder, 'gateway', 'g.sock'),
    network: file('network.jsonl'),
    given: file('given.json'),
    slot: file('slot.json'),
    clonePack: file('clone.pack'),
    past: { work: file('past.pack'), session: file('past.session'), stream: file('past.jsonl') },
    source: file('source'),
    environment: file('environment'),
    living: file('living'),
    checkpointPack: file('checkpoint.pack'),
    sessionFile: file('session.files'),
    workPack: file('work.pack'),
    end: file('end.json'),
  }
}

export const makeSeat = ({ folder }: SeatFiles): Promise<unknown> => mkdir(folder, { recursive: true, mode: 0o700 })

/** Every seat of this node that begins so. */
export async function listSeats(root: string, beginning = ''): Promise<readonly SeatFiles[]> {
  const names = await readdir(seatsFolder(root)).catch(() => [])
  return names
    .filter((name) => seatPattern.test(name) && name.startsWith(beginning))
    .map((name) => seatFiles(root, name))
}

const identitySchema = z.object({ pid: z.int().positive(), startTime: z.string() })

/** The keeper's process, while it lives. */
export async function livingKeeper({ keeper }: SeatFiles): Promise<ProcessIdentity | undefined> {
  const identity = await readJson(keeper, identitySchema)
  return identity && (await isAlive(identity)) ? identity : undefined
}

export async function writeKeeper({ keeper }: SeatFiles): Promise<void> {
  const startTime = await startTimeOf(process.pid)
  await writeJsonAtomically(keeper, { pid: process.pid, startTime: startTime ?? '' })
}

/** Undefined where the file is missing, or was cut off by a crash. */
export async function readJson<Shape>(path: string, schema: z.ZodType<Shape>): Promise<Shape | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}
