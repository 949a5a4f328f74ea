import { expect, test } from 'vitest'
import { waitNextEvent } from '../../main/api/operations/wait-next-event.ts'
import { silentLog } from '../../main/lib/log.ts'
import { adaptTool, type Extra, listingOf } from '../../main/mcp/adapt-tool.ts'
import { currentExchange } from '../../main/mcp/exchange.ts'
import { openEventLog } from '../../main/tasks/events/event-log.ts'
import { ScriptedTasks } from '../support/claude/scripted-tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

test.for([
  { flushed: true, cancelled: false, told: 'once' },
  { flushed: false, cancelled: false, told: 'again' },
  { flushed: true, cancelled: true, told: 'again' },
])(
  'an end whose answer was flushed: $flushed, and whose call was cancelled meanwhile: $cancelled, is told $told',
  async ({ flushed, cancelled, told }) => {
    await using events = await openEventLog({ directory: await temporaryFolder(), log: silentLog })
    const tasks = new ScriptedTasks(events)
    const consumer = await events.join('client:a', { durable: true })
    const id = await tasks.run({ description: 'x', repo: 'project' })
    await tasks.end(id)
    const cancel = new AbortController()
    const flushing = Promise.withResolvers<boolean>()
    const exchange = {
      outcome: { lost: new AbortController().signal, flushed: flushing.promise },
      requests: 1,
      end: () => undefined,
    }
    const extra = { signal: cancel.signal, requestId: 1 } as unknown as Extra
    const tool = adaptTool(waitNextEvent, listingOf(waitNextEvent), {
      tasks,
      consumer,
      progressIntervalMs: 1_000,
      log: silentLog,
    })

    const answer = await currentExchange.run(exchange, () => tool.call({}, extra))
    expect(answer.structuredContent).toMatchObject({ task_id: id })
    expect(consumer.take({})).toBeUndefined() // On its way: nobody else gets it.
    if (cancelled) cancel.abort()
    flushing.resolve(flushed)
    await flushing.promise
    await new Promise(setImmediate)
    expect(consumer.take({})?.event.taskId).toBe(told === 'again' ? id : undefined)
  },
)
