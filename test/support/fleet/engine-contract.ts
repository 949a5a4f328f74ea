import { expect } from 'vitest'
import type { Engine } from '../../../main/fleet/engine.ts'
import { preamble } from '../../../main/fleet/preamble.ts'
import { jobFor } from './job.ts'

const soon = { timeout: 120_000 }

/**
 * What every engine promises, whose keepers are those of `processProgram`. Only what an engine with a queue says of an end is more than the others'.
 * @param engineOf an engine of the place for a home, as a new process of that home would make it.
 */
export async function expectEngineContract(engineOf: (home: string) => Engine): Promise<void> {
  const [home, other] = ['0123456789abcdef', 'fedcba9876543210']
  const seat = `${home}-0a0a0a0a`
  const signal = AbortSignal.timeout(240_000)
  expect((await engineOf(home).look(signal)).size).toBe(0)
  await engineOf(home).submit(jobFor(seat), signal)

  // As another process of the same home: whoever submitted it may have been killed before it could keep anything.
  const engine = engineOf(home)
  const state = async () => (await engine.look(signal)).get(seat)
  await expect.poll(state, soon).toMatchObject({ kind: 'running', node: expect.stringMatching(/^[\w.-]+$/) })
  expect((await engineOf(other).look(signal)).size).toBe(0)
  await expect.poll(() => greets(engine, seat), soon).toBe(true)

  // An engine without a queue leaves what runs; one with a queue is not asked, since its `look` knows of it.
  if (!engine.hasQueue) {
    await engine.submit(jobFor(seat), signal)
    expect((await engine.look(signal)).size).toBe(1)
  }
  await engine.cancel(`${home}-0b0b0b0b`, signal)
  expect(await state()).toMatchObject({ kind: 'running' })
  await engine.cancel(seat, signal)
  if (engine.hasQueue) await expect.poll(state, soon).toMatchObject({ kind: 'ended', end: 'cancelled' })
  else await expect.poll(async () => (await state())?.kind, soon).not.toBe('running')
  await engine.cancel(seat, signal)
  expect(await greets(engine, seat)).toBe(false)
}

/** Every question to an engine that cannot be asked says so. */
export async function expectUnreachable(engine: Engine): Promise<void> {
  const seat = '0123456789abcdef-0a0a0a0a'
  const signal = AbortSignal.timeout(240_000)
  const unreachable = { code: 'place-unreachable' }
  const asked = [engine.submit(jobFor(seat), signal), engine.look(signal), engine.cancel(seat, signal)]
  await Promise.all(asked.map((answer) => expect(answer).rejects.toMatchObject(unreachable)))
  expect(await greets(engine, seat)).toBe(false)
}

/** Whether a keeper answers an attachment. */
async function greets(engine: Engine, seat: string): Promise<boolean> {
  const pipe = engine.attach(seat)
  let heard = Buffer.alloc(0)
  try {
    for await (const bytes of pipe.readable) {
      heard = Buffer.concat([heard, bytes as Buffer])
      if (heard.includes(preamble)) return true
    }
    await pipe.ended
    return false
  } finally {
    pipe.end()
  }
}
