import { messageOf } from '../../core/failure.ts'
import type { Hook } from '../../core/hook.ts'
import type { Log } from '../../lib/log.ts'
import { listHooks } from '../../settings/hooks.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { type Delivered, deliver } from './deliver.ts'
import { type DeliveryRecords, takeUpDeliveries, writeDeliveries } from './delivery-file.ts'
import {
  type DeliveryRecord,
  delivered,
  failed,
  firstRecord,
  gone,
  isDue,
  lost,
  type OpenDelivery,
  takeUp,
} from './delivery-record.ts'
import { hookMessage } from './hook-message.ts'

export interface HookRunnerOptions {
  readonly home: string
  readonly tasks: Pick<Tasks, 'events' | 'get'>
  /** What a command is given beside what it is told; the key of the agents is no part of it. */
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** In place of `retryMs`; for tests. */
  readonly pauses?: readonly number[]
}

/** At the same time, for one hook. */
const mostAtOnce = 4
/** A timer takes no more. */
const longestWaitMs = 24 * 60 * 60_000
/** After hooks that could not be read, or a record that could not be written. */
const pauseMs = 60_000

/**
 * Tells the hooks of a home what the event log tells, each of them at least once and in any order: what is to be told is on disk before it is
 * tried, and is struck out after it arrived.
 */
export class HookRunner implements AsyncDisposable {
  readonly #options: HookRunnerOptions
  readonly #end = new AbortController()
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #unwatch: () => void
  #records: DeliveryRecords
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<void> = Promise.resolve()

  private constructor(options: HookRunnerOptions, records: DeliveryRecords) {
    this.#options = options
    this.#records = records
    this.#unwatch = options.tasks.events.watch(() => this.#look())
    this.#look()
  }

  static async start(options: HookRunnerOptions): Promise<HookRunner> {
    return new HookRunner(options, await takeUpDeliveries(options.home, options.log))
  }

  /** What is under way is cut off, and tried again by the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch()
    this.#end.abort(new Error('The server ends'))
    clearTimeout(this.#timer)
    await this.#turn
    await Promise.all(this.#underWay.values())
  }

  /** One look after the other; each sees all that is there when it begins. */
  #look(): void {
    this.#turn = this.#turn
      .then(() => this.#lookNow())
      .catch((error: unknown) => {
        this.#options.log.error('hooks could not be told', { reason: messageOf(error) })
        this.#lookIn(pauseMs)
      })
  }

  async #lookNow(): Promise<void> {
    if (this.#end.signal.aborted) return
    const { home, tasks } = this.#options
    const hooks = await listHooks(home)
    const now = new Date()
    const taken = hooks.map((hook): [string, DeliveryRecord] => {
      const known = this.#records[hook.name]
      const record = known?.added === hook.added ? known : firstRecord(hook)
      const isOver = record.gone !== null
      return [hook.name, isOver ? record : takeUp(hook, record, tasks.events.read(record.cursor), now)]
    })
    await this.#keep(Object.fromEntries(taken))
    for (const hook of hooks) this.#begin(hook, now)
    // What is due and found no room begins when something that is under way ends.
    const later = hooks.flatMap((hook) => this.#openOf(hook).filter((each) => !isDue(each, now)))
    if (later.length > 0) this.#lookIn(Math.min(...later.map(({ next }) => Date.parse(next))) - now.getTime())
  }

  #begin(hook: Hook, now: Date): void {
    const open = this.#openOf(hook)
    const busy = open.filter((each) => this.#isUnderWay(hook, each)).length
    const due = open.filter((each) => !this.#isUnderWay(hook, each) && isDue(each, now))
    for (const each of due.slice(0, Math.max(0, mostAtOnce - busy))) {
      const key = keyOf(hook, each)
      const telling = this.#tell(hook, each.seq)
        .catch((error: unknown) => {
          if (this.#end.signal.aborted) return
          this.#options.log.error('a hook could not be told', { hook: hook.name, reason: messageOf(error) })
        })
        .finally(() => {
          this.#underWay.delete(key)
          if (!this.#end.signal.aborted) this.#look()
        })
      this.#underWay.set(key, telling)
    }
  }

  async #tell(hook: Hook, seq: number): Promise<void> {
    const { tasks, env, log } = this.#options
    const [event] = tasks.events.read(seq - 1)
    if (event?.seq !== seq) return this.#note(hook, (record) => lost(record, seq, 'It left the event log', new Date()))
    const description = await tasks.get(event.taskId).then(
      (task) => task.description,
      () => null, // It was cleaned up meanwhile.
    )
    const result = await deliver(hook.target, hookMessage(event, description), env, this.#end.signal)
    if (result.kind !== 'done') log.warn('a hook was told in vain', { hook: hook.name, seq, reason: result.reason })
    await this.#note(hook, (record) => after(record, seq, result, new Date(), this.#options.pauses))
  }

  /** Changes the record of a hook that is still there. */
  async #note(hook: Hook, change: (record: DeliveryRecord) => DeliveryRecord): Promise<void> {
    const record = this.#records[hook.name]
    if (record?.added !== hook.added) return
    await this.#keep({ ...this.#records, [hook.name]: change(record) })
  }

  async #keep(records: DeliveryRecords): Promise<void> {
    if (JSON.stringify(records) === JSON.stringify(this.#records)) return
    this.#records = records
    await writeDeliveries(this.#options.home, records)
  }

  #openOf({ name, added }: Hook): readonly OpenDelivery[] {
    const record = this.#records[name]
    return record?.added === added ? record.open : []
  }

  #isUnderWay(hook: Hook, open: OpenDelivery): boolean {
    return this.#underWay.has(keyOf(hook, open))
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#end.signal.aborted) return
    this.#timer = setTimeout(() => this.#look(), Math.min(ms, longestWaitMs)).unref()
  }
}

const keyOf = ({ name, added }: Hook, { seq }: Pick<OpenDelivery, 'seq'>): string => `${name} ${added} ${seq}`

function after(
  record: DeliveryRecord,
  seq: number,
  result: Delivered,
  now: Date,
  pauses?: readonly number[],
): DeliveryRecord {
  switch (result.kind) {
    case 'done':
      return delivered(record, seq)
    case 'failed':
      return failed(record, seq, result, now, pauses)
    case 'gone':
      return gone(record, result.reason, now)
  }
}
