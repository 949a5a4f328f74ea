import { rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { z } from 'zod'
import { errorOf, messageOf } from '../../core/failure.ts'
import type { GatewayConfig } from '../../core/network/gateway.ts'
import { unreachable } from '../../core/unreachable.ts'
import { pathExists } from '../../lib/files/look.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import type { Dials } from '../dials.ts'
import { ProtocolError } from '../frames.ts'
import { type Link, openLink } from '../link.ts'
import { preamble } from '../preamble.ts'
import {
  channels,
  firstDial,
  limitsAtNode,
  type PlacedAssignment,
  type PlacedEnd,
  protocolVersion,
  type ToHome,
  type ToNode,
  toNodeSchema,
} from '../protocol.ts'
import { GuestConnections } from './guest-connections.ts'
import { homeHasAll } from './home-has-all.ts'
import { joinLine } from './join-line.ts'
import { NodeGateway } from './node-gateway.ts'
import { nodeName } from './node-name.ts'
import { type Begin, type NodeParts, NodeTask } from './node-task.ts'
import { makeSeat, readJson, type SeatFiles, writeKeeper } from './seat-files.ts'
import { SentFiles } from './sent-files.ts'
import { knownCommits } from './store.ts'
import { tellFile, tellGrowing, tellResult } from './tell-files.ts'
import { tellCheckpoints, tellLook, tellWork, type WorkFor } from './tell-work.ts'

/** In milliseconds. */
export interface KeeperTimes {
  /** How long a seat that was given nothing waits for home. */
  readonly patienceMs: number
  /** How often home is told what the task has so far. */
  readonly checkpointMs: number
  /** How long a request of the guest's waits for home: less than an agent waits for an answer, which is ten minutes. */
  readonly holdMs: number
}

const usualTimes: KeeperTimes = { patienceMs: 10 * 60_000, checkpointMs: 5 * 60_000, holdMs: 8 * 60_000 }

const endSchema = z.custom<PlacedEnd>((value) => typeof value === 'object' && value !== null && 'kind' in value)

/** How a keeper's work is over: home has all of it, or all but what only the seat holds, or it was given nothing. */
export type KeeperEnd = 'taken' | 'kept' | 'unattended' | 'cancelled'

/**
 * Sits beside the machine of one task: waits to be given it, runs it, keeps what it leaves in files, and hands it over. Home may come and go
 * meanwhile. Resolves when home needs nothing more of it; the seat is gone then, unless work lies in it that did not come home.
 * @throws what keeps the task from its end for now: a keeper after this one goes on from the record.
 */
export async function keep(
  parts: NodeParts,
  files: SeatFiles,
  stop: AbortSignal,
  changed: Partial<KeeperTimes> = {},
): Promise<KeeperEnd> {
  await makeSeat(files)
  await writeKeeper(files)
  const times = { ...usualTimes, ...changed }
  using connections = await GuestConnections.open(files, times.holdMs)
  await using gateway = new NodeGateway(files, connections)
  const keeper = new Keeper(parts, files, { connections, gateway }, stop, times)
  await keeper.goOn()
  await rm(files.socket, { force: true })
  const server = createServer((socket) => keeper.serve(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(files.socket, resolve)
  })
  try {
    const end = await keeper.over
    if (end !== 'kept') await removeTree(files.folder)
    return end
  } finally {
    keeper.close()
    server.close()
  }
}

type Followed = Pick<Extract<ToNode, { type: 'follow' }>, 'console' | 'stream' | 'network'>

type Prepared = Pick<Begin, 'store' | 'startCommit'>

class Keeper {
  readonly #parts: NodeParts
  readonly #files: SeatFiles
  readonly #connections: GuestConnections
  readonly #gateway: NodeGateway
  readonly #stop = new AbortController()
  readonly #task: NodeTask
  readonly #over = Promise.withResolvers<KeeperEnd>()
  readonly #patience: NodeJS.Timeout
  readonly #checkpointMs: number
  #given: Awaited<ReturnType<typeof NodeTask.given>>
  /** The place wants this process to end. */
  #isHalted = false
  #end: PlacedEnd | undefined
  #session: { readonly link: Link<ToHome>; readonly gone: AbortController } | undefined

  constructor(
    parts: NodeParts,
    files: SeatFiles,
    { connections, gateway }: { readonly connections: GuestConnections; readonly gateway: NodeGateway },
    stop: AbortSignal,
    times: KeeperTimes,
  ) {
    this.#parts = parts
    this.#files = files
    this.#connections = connections
    this.#gateway = gateway
    this.#checkpointMs = times.checkpointMs
    this.#over.promise.catch(() => undefined) // Thrown where it is waited for.
    this.#task = new NodeTask(parts, files, this.#stop.signal, () => this.#tellStatus())
    this.#patience = setTimeout(() => this.#given || this.#over.resolve('unattended'), times.patienceMs).unref()
    const halt = (): void => {
      this.#isHalted = true
      this.#stop.abort(stop.reason)
      if (this.#end) this.#over.resolve('kept')
      else if (!this.#given) this.#over.resolve('cancelled')
    }
    if (stop.aborted) halt()
    else stop.addEventListener('abort', halt, { once: true })
  }

  get over(): Promise<KeeperEnd> {
    return this.#over.promise
  }

  /** With what a keeper before this one left. */
  async goOn(): Promise<void> {
    this.#given = await NodeTask.given(this.#files)
    if (!this.#given) return
    // The key is sent anew; until then what the guest asks waits.
    if (this.#given.networkAt !== undefined) this.#connections.leadTo(undefined)
    this.#end = (await pathExists(this.#files.end)) ? await readJson(this.#files.end, endSchema) : undefined
    if (this.#end === undefined) return this.#follow(this.#task.goOn())
    this.#end = await this.#task.saveRest(this.#end)
  }

  close(): void {
    this.#session?.link.close('the seat is cleared')
  }

  /** There is one home; the connection that came last is it. */
  serve(socket: Socket): void {
    this.#session?.link.close('home came again')
    socket.write(preamble)
    let prepared: Prepared | undefined
    const sent = new SentFiles(this.#files)
    let followed: Followed = { console: 0, stream: 0 }
    let dials: Dials | undefined
    const link = openLink<ToNode, ToHome>({
      ...{ readable: socket, writable: socket, incoming: toNodeSchema, limits: limitsAtNode, reads: 'always' },
      onBytes: async (channel, bytes) => {
        if (!sent.has(channel)) return dials?.take(channel, bytes)
        if (!prepared || this.#given) throw new ProtocolError('A history that nobody asked for')
        await sent.take(channel, bytes)
      },
      onMessage: async (message) => {
        switch (message.type) {
          case 'follow':
            followed = message
            link.send({
              ...{ type: 'hello', protocol: protocolVersion, node: nodeName(), seat: this.#seat },
              run: this.#given?.run ?? 0,
              takesKey: true,
              takesServers: true,
            })
            dials = this.#connections.attach(
              {
                write: (channel, bytes) => link.write(channel, bytes),
                passed: (channel, bytes) => link.send({ type: 'passed', channel, bytes }),
                end: (channel) => link.send({ type: 'end', channel }),
              },
              (channel) => link.send({ type: 'dial', channel }),
            )
            this.#tellStatus()
            if (this.#given) this.#tell(message)
            return
          case 'gateway':
            return void this.#takeGateway(message.config, link)
          case 'prepare': {
            const { repository, objectFormat, startCommit } = message
            prepared = { store: { repository, objectFormat }, startCommit }
            await sent.clear()
            link.send({ type: 'has', commits: [...(await knownCommits(this.#parts.root, prepared.store))] })
            return
          }
          case 'assign':
            if (!prepared || this.#given) throw new ProtocolError('An assignment out of turn')
            await sent.close()
            this.#begin(prepared, message.assignment, followed)
            return void this.#tell(followed)
          case 'end':
            if (message.channel >= firstDial) dials?.end(message.channel)
            return
          case 'passed':
            return dials?.passed(message.channel, message.bytes)
          case 'message':
            return this.#task.tell(message.message)
          case 'look':
            return void tellLook(this.#workFor(link))
          case 'line':
            if (dials?.has(message.channel)) throw new ProtocolError('A channel that is in use')
            return void (dials && joinLine(dials, message.channel, (signal) => this.#task.openLine(signal)))
          case 'stop':
            this.#stop.abort(errorOf(message.reason))
            return
          case 'taken':
            if (this.#end) this.#over.resolve((await homeHasAll(this.#files, this.#end)) ? 'taken' : 'kept')
            return
          default:
            return unreachable(message)
        }
      },
    })
    const gone = new AbortController()
    const session = { link, gone }
    this.#session = session
    void link.over.then(({ why }) => {
      this.#parts.log.info('home went away', { why })
      gone.abort()
      void sent.close().catch(() => undefined) // What came is of no use.
      if (this.#session !== session) return
      this.#session = undefined
      this.#connections.detach()
      this.#leaveIfHalted()
    })
  }

  /** One that cannot start is why a task cannot begin. Later home tries again. */
  #takeGateway(config: GatewayConfig, link: Link<ToHome>): void {
    this.#gateway.take(config).catch((error: unknown) => {
      this.#parts.log.warn('the gateway could not be started', { reason: messageOf(error) })
      if (this.#given) link.close('the gateway could not be started')
    })
  }

  #begin(prepared: Prepared, assignment: PlacedAssignment, followed: Followed): void {
    const lengths = {
      consoleAt: followed.console,
      ...(this.#gateway.isHere && { networkAt: followed.network ?? 0 }),
    }
    this.#given = { run: assignment.task.run, ...lengths }
    this.#follow(this.#task.begin({ ...prepared, ...lengths, assignment, gateway: this.#gateway }))
  }

  get #seat(): 'empty' | 'given' | 'done' {
    return this.#end ? 'done' : this.#given ? 'given' : 'empty'
  }

  #follow(task: Promise<PlacedEnd>): void {
    clearTimeout(this.#patience)
    task.then(
      (end) => {
        this.#end = end
        this.#leaveIfHalted()
      },
      (error: unknown) => this.#over.reject(error),
    )
  }

  /** Home that listens is told of the end; else the seat keeps it, and nothing waits until it is killed. */
  #leaveIfHalted(): void {
    if (this.#isHalted && this.#end && !this.#session) this.#over.resolve('kept')
  }

  #tellStatus(): void {
    this.#session?.link.send({ type: 'status', status: this.#task.status })
  }

  /** Everything from where home left off, to the end of the task. */
  #tell(from: Followed): void {
    const { link, gone } = this.#session ?? {}
    if (!link || !gone) return
    const { folder: home, taskId: id } = this.#files
    const files = { ...filesOf({ home, id }), network: this.#files.network }
    const write = (channel: number, bytes: Uint8Array) => link.write(channel, bytes)
    const tell = async (): Promise<void> => {
      const over = new AbortController()
      const every = { ms: this.#checkpointMs, over: AbortSignal.any([gone.signal, over.signal]) }
      const checkpoints = tellCheckpoints(this.#workFor(link), every)
      // What home's console had before is none of this machine's.
      const console = Math.max(0, from.console - (this.#given?.consoleAt ?? 0))
      const since = {
        ...{ console, stream: from.stream },
        ...(from.network !== undefined && { network: Math.max(0, from.network - (this.#given?.networkAt ?? 0)) }),
      }
      await tellGrowing(files, since, write, () => this.#end !== undefined, gone.signal)
      over.abort()
      await checkpoints
      const end = this.#end
      if (gone.signal.aborted || !end) return
      await tellResult(files, write)
      await tellFile(this.#files.sessionFile, channels.session, write)
      await tellWork(this.#workFor(link))
      link.send({ type: 'done', end })
    }
    tell().catch((error: unknown) => link.close(String(error)))
  }

  #workFor(link: Link<ToHome>): WorkFor {
    return { task: this.#task, files: this.#files, link }
  }
}
