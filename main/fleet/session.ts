import type { Failure } from '../core/failure.ts'
import type { GatewayConfig } from '../core/network/gateway.ts'
import type { Standing } from '../core/task/task-place.ts'
import { unreachable } from '../core/unreachable.ts'
import type { PortableStart } from '../git/clone/portable-start.ts'
import { singleLineText } from '../lib/guest/terminal-text.ts'
import { bringsServers } from '../settings/claude-home/home-servers.ts'
import type { EventLog } from '../tasks/events/event-log.ts'
import type { TaskRecord } from '../tasks/record/task-record.ts'
import type { RunnerContext } from '../tasks/run/task-run.ts'
import type { BroughtFiles } from './brought-files.ts'
import { Dials } from './dials.ts'
import type { Engine } from './engine.ts'
import { applyStatus, machineRuns } from './follow/apply-status.ts'
import { LineChannels } from './follow/line-channels.ts'
import { Looks } from './follow/looks.ts'
import { otherVersion, takesNoKey, takesNoServers } from './follow/other-version.ts'
import { sendGateway } from './follow/send-gateway.ts'
import { sendMessages } from './follow/send-messages.ts'
import type { VisitedPlaces } from './follow/visited.ts'
import { ProtocolError } from './frames.ts'
import type { Link } from './link.ts'
import type { LoneGateway } from './lone-gateway.ts'
import {
  channels,
  firstDial,
  type PlacedAssignment,
  type PlacedEnd,
  type PlacedStatus,
  protocolVersion,
  type ToHome,
  type ToNode,
} from './protocol.ts'
import { sendHistory } from './send-history.ts'
import { sendPast } from './send-past.ts'

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
  /** Reaches into running machines. */
  readonly lines: RunnerContext['lines']
  /** Knows that the keeper is there, while it is. */
  readonly visited: VisitedPlaces
  readonly seat: string
  readonly repository: string
  /** This host's; undefined where the guest has none here. */
  readonly gateway: LoneGateway | undefined
  /** Where the key is at the node: what the gateway there is to let through, as it is now. */
  readonly gatewayThere: (() => Promise<GatewayConfig | undefined>) | null
  readonly keyMs: number
  readonly start: () => Promise<PortableStart>
  readonly assign: () => Promise<PlacedAssignment>
  /** Puts the end on record, when all that came with it is on our disk; the keeper clears its seat then. */
  readonly takeEnd: (end: PlacedEnd) => Promise<void>
  /** The wish to end the task. */
  readonly stop: AbortSignal
  readonly stopReason: () => Failure
  /** Told how the task stands there, as it changes. */
  readonly onStanding: (standing: Standing) => void
  /** Ends the visit, and nothing else. */
  readonly leave: AbortSignal
}

const standingOf = ({ why }: PlacedStatus): Standing =>
  why === null ? { kind: 'runs' } : { kind: 'waits', why: singleLineText(why) }

/** More connections of one guest are refused. */
const mostDials = 128
/** A keeper refuses too many itself, so that one of its own seldom comes to be refused here. */
const mostRefused = 10_000
/** What home says in one connection to a keeper, and makes of what it hears. */
export class Session {
  readonly #options: VisitOptions
  readonly #brought: BroughtFiles
  readonly #ended = Promise.withResolvers<VisitEnd>()
  #link: Link<ToNode> | undefined
  #dials: Dials | undefined
  #looks: Looks | undefined
  #lines: LineChannels | undefined
  readonly #open = new DisposableStack()
  #isReachable = false
  #isGiven = false
  #takesServers = false
  #refused = 0
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
    this.#looks = new Looks(() => link.send({ type: 'look' }))
    this.#lines = new LineChannels(this.#dials, (channel) => link.send({ type: 'line', channel }))
  }

  close(): void {
    this.#open.dispose()
    this.#looks?.close()
    this.#dials?.clear()
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
    switch (message.type) {
      case 'hello':
        return await this.#greeted(message)
      case 'has':
        if (this.#isGiven) throw new ProtocolError('A history that nobody asked for')
        return await this.#give(message.commits)
      case 'status':
        this.#options.onStanding(standingOf(message.status))
        await this.#ours(() => applyStatus(this.#options, message.status))
        return this.#reachMachine()
      case 'dial':
        return await this.#dial(message.channel)
      case 'passed':
        return this.#dials?.passed(message.channel, message.bytes)
      case 'end':
        return this.#dials?.end(message.channel)
      case 'looked':
        return this.#looks?.hear(message.seen)
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

  async #greeted({
    protocol,
    node,
    seat,
    run,
    takesKey = false,
    takesServers = false,
  }: Extract<ToHome, { type: 'hello' }>): Promise<void> {
    const { record, stop, start, repository, gatewayThere } = this.#options
    if (protocol !== protocolVersion) return this.#fail(otherVersion(record.task.place, protocol))
    if (gatewayThere && !takesKey) return this.#fail(takesNoKey(record.task.place))
    this.#takesServers = takesServers
    if (seat !== 'empty' && run < record.task.parkings.length) {
      // What it holds is of the run before this one. All of that came home, or the task would not have gone on.
      if (seat === 'given') return this.#ended.resolve({ kind: 'lost' })
      this.#send({ type: 'taken' })
      this.isReleased = true
      return this.#ended.resolve({ kind: 'gone', why: 'the seat of an earlier run is cleared', wasThere: true })
    }
    const hasBegun = record.task.machineStartedAt !== null || record.task.agentStartedAt !== null
    if (seat === 'empty' && hasBegun) return this.#ended.resolve({ kind: 'lost' })
    if (seat === 'empty' && stop.aborted) return this.#ended.resolve({ kind: 'not-given' })
    const name = singleLineText(node).slice(0, 100)
    await this.#ours(async () => {
      if (record.task.node !== name) await record.add({ type: 'placed', node: name })
    })
    if (seat !== 'done') await this.#giveGateway()
    if (seat !== 'empty') {
      this.#hasGiven()
      return
    }
    await this.#ours(async () => {
      const { startCommit, branch, objectFormat } = await start()
      if (record.task.startCommit === null) {
        const from = record.task.fork ?? { startCommit, branch }
        await record.add({ type: 'cloned', startCommit: from.startCommit, branch: from.branch })
      }
      this.#send({ type: 'prepare', repository, objectFormat, startCommit: record.task.startCommit ?? startCommit })
    })
  }

  /** Where the user trusts the node with the key, and only there, whatever it says of itself. */
  async #giveGateway(): Promise<void> {
    const { gatewayThere, keyMs, record } = this.#options
    if (!gatewayThere) return
    const send = (config: GatewayConfig): void => this.#send({ type: 'gateway', config })
    await this.#ours(async () => {
      try {
        this.#open.use(await sendGateway(gatewayThere, send, keyMs))
      } catch (error) {
        // Its guest asks in vain meanwhile, and the task goes on.
        if (record.task.machineStartedAt === null) throw error
      }
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
      await sendPast(record, async (channel, bytes) => await this.#link?.write(channel, bytes))
      const assignment = await assign()
      if (!this.#takesServers && bringsServers(assignment.provisions.claudeHome)) {
        throw takesNoServers(record.task.place)
      }
      this.#send({ type: 'assign', assignment })
    })
    this.#hasGiven()
  }

  /** The keeper has the task: from now on it hears what is wanted of it. */
  #hasGiven(): void {
    if (this.failure !== undefined || this.#isGiven) return
    this.#isGiven = true
    const { record, visited, stop } = this.#options
    if (stop.aborted) this.askToStop()
    this.#open.use(sendMessages(record, (message) => this.#send({ type: 'message', message })))
    const looks = this.#looks
    if (looks) this.#open.use(visited.enter(record.task.id, looks))
  }

  /** A machine that is known to run can be reached into, until the connection ends. */
  #reachMachine(): void {
    const { record, lines } = this.#options
    const { machineStartedAt, exit, id } = record.task
    const channels = this.#lines
    if (this.#isReachable || !this.#isGiven || !channels || machineStartedAt === null || exit !== null) return
    this.#isReachable = true
    this.#open.use(lines.follow(id, { openLine: async () => channels.open() }))
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
