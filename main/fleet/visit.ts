import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type Failure } from '../core/failure.ts'
import { unreachable } from '../core/unreachable.ts'
import type { PortableStart } from '../git/clone/portable-start.ts'
import { singleLineText } from '../lib/guest/terminal-text.ts'
import type { EventLog } from '../tasks/events/event-log.ts'
import type { TaskRecord } from '../tasks/record/task-record.ts'
import { BroughtFiles } from './brought-files.ts'
import { Dials } from './dials.ts'
import type { Engine } from './engine.ts'
import { applyStatus, machineRuns } from './follow/apply-status.ts'
import { sendMessages } from './follow/send-messages.ts'
import { ProtocolError } from './frames.ts'
import type { HomeGateway } from './home-gateway.ts'
import { type Link, openLink } from './link.ts'
import { AfterPreamble } from './preamble.ts'
import {
  channels,
  firstDial,
  limitsAtHome,
  type PlacedAssignment,
  type PlacedEnd,
  protocolVersion,
  type ToHome,
  type ToNode,
  toHomeSchema,
} from './protocol.ts'
import { sendHistory } from './send-history.ts'

/** How one connection to a keeper ended. */
export type VisitEnd =
  /** The task has come to its end there, and all of it is on our disk. */
  | { readonly kind: 'done'; readonly end: PlacedEnd }
  /** The keeper is there and knows nothing of a task that had begun. */
  | { readonly kind: 'lost' }
  /** It was asked to stop before it had been given anything. */
  | { readonly kind: 'not-given' }
  /** The connection ended. `wasThere`: the keeper was reached. */
  | { readonly kind: 'gone'; readonly why: string; readonly wasThere: boolean }
  /** What answers there does not keep to the protocol: nothing that it says counts any more. */
  | { readonly kind: 'broken'; readonly why: string }

export interface VisitOptions {
  readonly engine: Engine
  readonly record: TaskRecord
  /** Hears when the agent has nothing to do. */
  readonly events: Pick<EventLog, 'append' | 'hasIdle'>
  readonly seat: string
  readonly repository: string
  readonly gateway: HomeGateway | undefined
  readonly start: () => Promise<PortableStart>
  readonly assign: () => Promise<PlacedAssignment>
  /** Puts the end on record, when all that came with it is on our disk; the keeper clears its seat then. */
  readonly takeEnd: (end: PlacedEnd) => Promise<void>
  /** The wish to end the task. */
  readonly stop: AbortSignal
  readonly stopReason: () => Failure
  /** Ends the visit, and nothing else. */
  readonly leave: AbortSignal
}

/** An engine may wait for a node that is gone. */
const helloMs = 60_000
/** More connections of one guest are refused. */
const mostDials = 128
/** A keeper refuses too many itself, so that one of its own seldom comes to be refused here. */
const mostRefused = 10_000
/** What is said last must be heard before the pipe is closed. */
const releaseMs = 5_000

/** Speaks with the keeper of a task, from its first word to the end of the connection or of the task. Never rejects but for a record that cannot be written. */
export async function visit(options: VisitOptions): Promise<VisitEnd> {
  const { engine, record, seat, leave, stop } = options
  await using files = new AsyncDisposableStack()
  const { brought, from } = await BroughtFiles.open(record.files)
  files.use(brought)
  const pipe = engine.attach(seat)
  const session = new Session(options, brought)
  const link = openLink<ToHome, ToNode>({
    readable: pipe.readable.pipe(new AfterPreamble()),
    writable: pipe.writable,
    ...{ incoming: toHomeSchema, limits: limitsAtHome, reads: 'while-heard' },
    onMessage: (message) => session.hear(message),
    onBytes: (channel, bytes) => session.take(channel, bytes),
  })
  session.begin(link)
  const noHello = setTimeout(() => !session.wasThere && link.close('the keeper did not answer'), helloMs)
  const onLeave = (): void => link.close('this host ends the visit')
  const onStop = (): void => session.askToStop()
  leave.addEventListener('abort', onLeave, { once: true })
  stop.addEventListener('abort', onStop, { once: true })
  try {
    if (leave.aborted) onLeave()
    link.send({ type: 'follow', protocol: protocolVersion, ...from })
    const end = await Promise.race([link.over, session.ended])
    if (session.failure !== undefined) throw session.failure
    if ('kind' in end) return end
    const { why, isBroken } = end
    if (isBroken) return { kind: 'broken', why: singleLineText(why).slice(0, 300) }
    const said = pipe.lastWords().trim().split('\n').at(-1) ?? ''
    return { kind: 'gone', why: singleLineText(said || why).slice(0, 300), wasThere: session.wasThere }
  } finally {
    clearTimeout(noHello)
    leave.removeEventListener('abort', onLeave)
    stop.removeEventListener('abort', onStop)
    session.close()
    if (session.isReleased) await Promise.race([link.over, sleep(releaseMs, undefined, { ref: false })])
    link.close('over')
    pipe.end()
  }
}

class Session {
  readonly #options: VisitOptions
  readonly #brought: BroughtFiles
  readonly #ended = Promise.withResolvers<VisitEnd>()
  #link: Link<ToNode> | undefined
  #dials: Dials | undefined
  #telling: Disposable | undefined
  #isGiven = false
  #refused = 0
  wasThere = false
  isReleased = false
  /** Of our own, which no further visit mends. */
  failure: unknown

  constructor(options: VisitOptions, brought: BroughtFiles) {
    this.#options = options
    this.#brought = brought
  }

  get ended(): Promise<VisitEnd> {
    return this.#ended.promise
  }

  begin(link: Link<ToNode>): void {
    this.#link = link
    this.#dials = new Dials({
      write: (channel, bytes) => link.write(channel, bytes),
      passed: (channel, bytes) => link.send({ type: 'passed', channel, bytes }),
      end: (channel) => link.send({ type: 'end', channel }),
    })
  }

  close(): void {
    this.#dials?.clear()
    this.#telling?.[Symbol.dispose]()
  }

  askToStop(): void {
    if (this.#isGiven) this.#send({ type: 'stop', reason: this.#options.stopReason() })
  }

  async take(channel: number, bytes: Buffer): Promise<void> {
    if (this.#dials?.has(channel)) return this.#dials.take(channel, bytes)
    if (channel >= firstDial) return // Of a connection that has just ended here.
    await this.#brought.take(channel, bytes)
  }

  async hear(message: ToHome): Promise<void> {
    if (!this.wasThere && message.type !== 'hello') throw new ProtocolError(`'${message.type}' before a greeting`)
    switch (message.type) {
      case 'hello':
        return await this.#greeted(message)
      case 'has':
        if (this.#isGiven) throw new ProtocolError('A history that nobody asked for')
        return await this.#give(message.commits)
      case 'status':
        return await this.#ours(() => applyStatus(this.#options, message.status))
      case 'dial':
        return await this.#dial(message.channel)
      case 'passed':
        return this.#dials?.passed(message.channel, message.bytes)
      case 'end':
        return this.#dials?.end(message.channel)
      case 'checkpoint':
        if (!this.#isGiven) throw new ProtocolError('The work of a task that had not begun')
        return await this.#ours(() => this.#brought.checkpoint(message.commit))
      case 'done': {
        if (!this.#isGiven) throw new ProtocolError('An end of a task that had not begun')
        const { end } = message
        if (end.kind === 'ran') await this.#ours(() => this.#brought.complete(end.work))
        await this.#ours(() => this.#options.takeEnd(end))
        if (this.failure !== undefined) return
        this.isReleased = true
        this.#send({ type: 'taken' })
        return this.#ended.resolve({ kind: 'done', end })
      }
      default:
        return unreachable(message)
    }
  }

  async #greeted({ protocol, node, seat }: Extract<ToHome, { type: 'hello' }>): Promise<void> {
    if (this.wasThere) throw new ProtocolError('A second greeting')
    this.wasThere = true
    const { record, stop, start, repository } = this.#options
    if (protocol !== protocolVersion) {
      return this.#fail(
        new AppError(
          'host-incomplete',
          `The program at the place speaks version ${protocol}, and this one ${protocolVersion}`,
          {
            hint: `Run: microvm-orchestrator places add ${record.task.place?.name ?? ''} again, as before`,
          },
        ),
      )
    }
    const hasBegun = record.task.machineStartedAt !== null || record.task.agentStartedAt !== null
    if (seat === 'empty' && hasBegun) return this.#ended.resolve({ kind: 'lost' })
    if (seat === 'empty' && stop.aborted) return this.#ended.resolve({ kind: 'not-given' })
    const name = singleLineText(node).slice(0, 100)
    await this.#ours(async () => {
      if (record.task.node !== name) await record.add({ type: 'placed', node: name })
    })
    if (seat !== 'empty') {
      this.#hasGiven()
      return
    }
    await this.#ours(async () => {
      const { startCommit, branch, objectFormat } = await start()
      if (record.task.startCommit === null) await record.add({ type: 'cloned', startCommit, branch })
      this.#send({ type: 'prepare', repository, objectFormat, startCommit: record.task.startCommit ?? startCommit })
    })
  }

  async #give(has: readonly string[]): Promise<void> {
    const { record, assign, stop, leave } = this.#options
    const { repoPath, startCommit } = record.task
    if (startCommit === null) throw new ProtocolError('A history that nobody asked for')
    if (stop.aborted) return this.#ended.resolve({ kind: 'not-given' })
    await this.#ours(async () => {
      const signal = AbortSignal.any([leave, stop])
      await sendHistory(
        { repoPath, startCommit, has },
        async (bytes) => await this.#link?.write(channels.clone, bytes),
        signal,
      )
      this.#send({ type: 'end', channel: channels.clone })
      this.#send({ type: 'assign', assignment: await assign() })
    })
    this.#hasGiven()
  }

  /** The keeper has the task: from now on it hears what is wanted of it. */
  #hasGiven(): void {
    if (this.failure !== undefined) return
    this.#isGiven = true
    if (this.#options.stop.aborted) this.askToStop()
    this.#telling ??= sendMessages(this.#options.record, (message) => this.#send({ type: 'message', message }))
  }

  async #dial(channel: number): Promise<void> {
    const { gateway, record } = this.#options
    const dials = this.#dials
    if (!dials || dials.has(channel)) throw new ProtocolError('A channel that is in use')
    // A guest that asks is in a machine, whether the place speaks of that or not.
    await this.#ours(() => machineRuns(record))
    if (gateway && dials.size < mostDials) return dials.add(channel, gateway.connect())
    this.#refused += 1
    if (this.#refused > mostRefused) throw new ProtocolError('More connections than any guest makes')
    this.#send({ type: 'end', channel })
  }

  #send(message: ToNode): void {
    this.#link?.send(message)
  }

  /** Does what only this host can get wrong. */
  async #ours(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      const { stop, leave } = this.#options
      if (leave.aborted) return
      if (stop.aborted && !this.#isGiven) return this.#ended.resolve({ kind: 'not-given' })
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.failure = error
    this.#link?.close('this host cannot go on')
  }
}
