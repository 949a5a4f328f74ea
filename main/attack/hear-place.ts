import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Failure } from '../core/failure.ts'
import { parseTaskId } from '../core/task/task.ts'
import { placedAssignment } from '../fleet/assignment.ts'
import { lastCheckpoint } from '../fleet/brought-files.ts'
import type { Engine } from '../fleet/engine.ts'
import { ownWords } from '../fleet/follow/apply-status.ts'
import { gatewayThere } from '../fleet/follow/send-gateway.ts'
import { VisitedPlaces } from '../fleet/follow/visited.ts'
import { FrameReader, frameHead } from '../fleet/frames.ts'
import { preamble } from '../fleet/preamble.ts'
import { limitsAtNode, protocolVersion, type ToNode } from '../fleet/protocol.ts'
import { visit } from '../fleet/visit.ts'
import { TaskRecord } from '../tasks/record/task-record.ts'
import type { HomeAfter, Said, SaidFrame, Verdict } from './attack.ts'
import { verdict } from './attack.ts'
import { saidByUser } from './catalog/place-attacks.ts'
import { assignmentWith } from './fixtures.ts'
import { naiveHome } from './naive-home.ts'

const startCommit = 'a'.repeat(40)
const seat = `${'0'.repeat(16)}-0a0a0a0a`
const never = new AbortController().signal
const limits = { cpus: 1, memoryMiB: 1024, bootTimeoutMs: 60_000, taskTimeoutMs: 60_000, powerOffTimeoutMs: 1_000 }

/** What each attack comes to on this host, in a home made for it, and on a naive one. */
export async function saidVerdicts(folder: string, attacks: readonly Said[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (const attack of attacks) {
    const harm = attack.harm(await hearPlace(join(folder, attack.name), attack))
    verdicts.push(verdict(attack, harm === undefined ? [] : [harm], attack.harm(naiveHome(attack.frames())) ?? null))
  }
  return verdicts
}

/** Visits a place that says this in the place of a keeper. Resolves with what is known and kept of its task then. */
export async function hearPlace(folder: string, { frames, says = 'of its task' }: Said): Promise<HomeAfter> {
  await using record = await placedRecord(folder)
  const { files } = record
  let connections = 0
  let failure: Failure | null = null
  let kept = 0
  let keys = 0
  const before = process.memoryUsage().arrayBuffers
  const speaks = placeThatSays(frames(), says, (message) => {
    if (message.type === 'gateway') keys += 1
  })
  await visit({
    ...{ engine: speaks, record, seat, repository: '0'.repeat(32), stop: never, leave: never },
    events: { append: async (event) => ({ ...event, seq: 1, at: '' }), hasIdle: () => true },
    lines: { follow: () => ({ [Symbol.dispose]: () => undefined }) },
    visited: new VisitedPlaces(),
    gateway: {
      connect: () => {
        connections += 1
        return new Socket()
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
    gatewayThere: gatewayThere(record.task.place, async () => ({ gateway: { hosts: [], api: null } })),
    keyMs: 1_000,
    start: async () => ({ startCommit, branch: 'main', objectFormat: 'sha1' }),
    assign: () => placedAssignment(record.task, { limits }, { ...assignmentWith('sk-ant-of-nobody'), forwards: [] }),
    takeEnd: async (end) => {
      if (end.kind === 'failed') failure = ownWords(end.failure)
    },
    stopReason: () => ({ code: 'cancelled', message: 'Cancelled' }),
    onStanding: (standing) => {
      if (standing.kind !== 'waits' || standing.why !== allSaid) return
      kept = bytesIn(files.folder)
      speaks.stop()
    },
  })
  const { notes, messages, state } = record.task
  return {
    ...{ failure, kept, connections, keys, notes },
    roomMade: Math.max(0, process.memoryUsage().arrayBuffers - before - heldByFrames),
    messages: messages.map(({ id, state: its }) => ({ id, state: its })),
    said: state.phase === 'waiting' ? (state.said?.length ?? 0) : 0,
    commit: (await lastCheckpoint(files))?.commit ?? null,
  }
}

const allSaid = 'all was said'
const quiet = {
  ...{ phase: 'waiting', hasMachine: false, hasAgent: false, notes: [], stopReason: null, waits: null, read: [] },
}

/** What this program itself may hold of frames that are on their way. */
const heldByFrames = 64 * 1024 ** 2

async function placedRecord(home: string): Promise<TaskRecord> {
  const id = parseTaskId(seat.slice(-8))
  if (!id) throw new Error('A seat ends with the id of its task')
  const place = { name: 'place', kind: 'ssh', host: 'place', options: [], command: ['/node'], seat } as const
  const record = await TaskRecord.create(
    home,
    {
      ...{ id, description: 'Work', repo: 'project', repoPath: home, owner: null, place },
      createdAt: new Date().toISOString(),
    },
    { onChange: () => undefined },
  )
  await record.add({ type: 'message-sent', message: { id: saidByUser, kind: 'text', text: 'More', when: 'next' } })
  return record
}

/** An engine whose keeper says what it is to say, and ends when that was heard or refused. */
function placeThatSays(
  frames: Iterable<SaidFrame>,
  says: Said['says'],
  heard: (message: ToNode) => void,
): Engine & { stop(): void } {
  let pipe: PassThrough | undefined
  return {
    stop: () => void pipe?.end(),
    ...{ hasQueue: false, submit: async () => undefined, look: async () => new Map(), cancel: async () => undefined },
    attach: () => {
      const [toHome, toPlace] = [new PassThrough(), new PassThrough()]
      pipe = toHome
      toHome.on('error', () => undefined)
      const closed = new Promise((resolve) => toHome.once('close', resolve))
      const send = (channel: number, bytes: Buffer): boolean =>
        toHome.write(Buffer.concat([frameHead(channel, bytes.length), bytes]))
      const say = (message: object): boolean => send(0, Buffer.from(JSON.stringify(message)))
      const sayAll = async (): Promise<void> => {
        for (const frame of frames) {
          const hasRoom =
            'raw' in frame
              ? toHome.write(frame.raw)
              : 'bytes' in frame
                ? send(frame.channel, frame.bytes)
                : say(frame.message)
          if (!hasRoom && !toHome.destroyed) await Promise.race([once(toHome, 'drain'), closed])
        }
        say({ type: 'status', status: { ...quiet, why: allSaid } }) // All before it was heard when this is.
      }
      const reader = new FrameReader(limitsAtNode)
      toHome.write(preamble)
      toPlace.on('data', (chunk: Buffer) => {
        for (const { channel, payload } of reader.add(chunk)) {
          if (channel === 0) hear(JSON.parse(payload.toString()) as ToNode)
        }
      })
      const hear = (message: ToNode): void => {
        heard(message)
        if (message.type === 'follow') {
          if (says === 'first') return void sayAll()
          say({ type: 'hello', protocol: protocolVersion, node: 'place', seat: 'empty', run: 0 })
          if (says === 'at once') void sayAll()
        }
        if (message.type === 'prepare' && says === 'of its task') say({ type: 'has', commits: [startCommit] })
        if (message.type === 'assign') void sayAll()
      }
      const ended = new Promise<void>((resolve) => toPlace.once('close', resolve))
      return { readable: toHome, writable: toPlace, lastWords: () => '', ended, end: () => toHome.destroy() }
    },
  }
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}
