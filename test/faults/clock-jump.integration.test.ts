import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { waitNextEvent } from '../../main/api/wait-next-event.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const guest = guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done')
const hours = 3_600_000

test.each([5, -5])(
  'a clock that is set by %d hours ends neither a wait nor a task, nor one that is adopted after it',
  async (jump) => {
    const root = await temporaryFolder()
    await registeredRepository(root)
    const limits = { taskTimeoutMs: hours, bootTimeoutMs: hours }
    const first = await startOrchestrator({ root, guest, limits })
    const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
    await until(async () => (await first.orchestrator.get(id)).state.phase === 'working')

    const consumer = await first.events.join('ada', { durable: true })
    const givenUp = new AbortController()
    let ticks = 0
    const options = { timeoutMs: hours, tickMs: 20, onTick: () => void ticks++ }
    const waited = waitNextEvent(first.orchestrator, consumer, options, givenUp.signal)
    await until(() => ticks > 1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jump * hours })
    onTestFinished(() => void vi.useRealTimers())
    const before = ticks
    await Promise.race([until(() => ticks > before + 2), waited])
    expect(ticks).toBeGreaterThan(before + 2)
    givenUp.abort(new Error('given up'))
    await expect(waited).rejects.toThrow('given up')
    await first[Symbol.asyncDispose]()

    await using second = await startOrchestrator({ root, guest, limits })
    expect((await second.orchestrator.get(id)).state.phase).toBe('working')
    await writeFile(join(root, 'run', id, 'go'), '')
    expect((await untilEnded(second.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  },
)
