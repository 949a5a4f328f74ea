import { expect, test } from 'vitest'
import type { Engine, Job, JobState } from '../../../main/fleet/engine.ts'
import { haveKeeper } from '../../../main/fleet/jobs/have-keeper.ts'
import { JobWatch } from '../../../main/fleet/jobs/job-watch.ts'
import { endedPipe } from '../../../main/lib/processes/pipe-program.ts'
import { jobFor } from '../../support/fleet/job.ts'

const seat = '0123456789abcdef-0a0b0c0d'
const running: JobState = { kind: 'running', node: 'n1' }
const queued = (why: string): JobState => ({ kind: 'queued', why })
const ended = (how: string): JobState => ({
  kind: 'ended',
  how,
  node: 'n1',
  end: how === 'CANCELLED' ? 'cancelled' : how === 'COMPLETED' ? 'done' : 'cut',
})

/** An engine that answers in this order, and says the last again. */
function queueThatSays(answers: readonly (JobState | undefined)[]) {
  const submitted: Job[] = []
  let asked = 0
  const engine: Engine = {
    hasQueue: true,
    submit: async (job) => void submitted.push(job),
    look: async () => {
      const state = answers[Math.min(asked, answers.length - 1)]
      asked += 1
      return new Map(state ? [[seat, state]] : [])
    },
    attach: () => endedPipe(''),
    cancel: async () => undefined,
  }
  return { engine, submitted, asked: () => asked }
}

async function keeperOf(
  answers: readonly (JobState | undefined)[],
  { hasBegun = false, at = null as string | null } = {},
) {
  const { engine, submitted, asked } = queueThatSays(answers)
  const waits: (string | null)[] = []
  const told: string[] = []
  const wish = {
    ...{ engine, watch: new JobWatch(engine), job: { ...jobFor(seat), at }, place: 'cluster', hasBegun },
    waits: (why: string | null) => void waits.push(why),
    ended: async (how: string) => void told.push(how),
  }
  const error = await haveKeeper(wish, AbortSignal.timeout(30_000)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { submitted, waits, told, error, asked }
}

test('a job that runs is left as it is, and one that waits is waited for and not submitted again', async () => {
  expect(await keeperOf([running])).toMatchObject({ submitted: [], error: undefined })
  expect(await keeperOf([queued('Resources'), queued('Priority'), running])).toMatchObject({
    ...{ submitted: [], waits: ['Resources', 'Priority', null], error: undefined },
  })
})

test('a job that is not known is submitted once, also where its engine lists it a moment later', async () => {
  const { submitted, error } = await keeperOf([undefined, undefined, running])
  expect(submitted).toEqual([jobFor(seat)])
  expect(error).toBeUndefined()
})

test('after the end of one that had begun, another is asked for at its node, and its end is told', async () => {
  const { submitted, told } = await keeperOf([ended('NODE_FAIL'), running], { hasBegun: true, at: 'n7' })
  expect(submitted).toEqual([{ ...jobFor(seat), at: 'n7' }])
  expect(told).toEqual(['NODE_FAIL'])
})

test('the next run of a task that goes on comes after no end that is worth a word', async () => {
  const { submitted, told } = await keeperOf([ended('COMPLETED'), running], { hasBegun: true, at: 'n7' })
  expect(submitted).toEqual([{ ...jobFor(seat), at: 'n7' }])
  expect(told).toEqual([])
})

test('one that had begun nothing may begin anywhere', async () => {
  const { submitted, told } = await keeperOf([ended('NODE_FAIL'), running])
  expect(submitted).toEqual([jobFor(seat)])
  expect(told).toEqual([])
})

test.each([
  ['before it ran', false, [queued('Resources'), ended('CANCELLED')], 'interrupted'],
  ['each time before it ran', false, [undefined, ended('FAILED')], 'boot-failed'],
  ['in place of one whose work it was to bring', true, [ended('TIMEOUT'), ended('CANCELLED')], 'interrupted'],
] as const)('a job that ends %s is not submitted for ever (had begun: %s)', async (_when, hasBegun, answers, code) => {
  const { submitted, error } = await keeperOf(answers, { hasBegun })
  expect(error).toMatchObject({ code })
  expect(submitted.length).toBeLessThanOrEqual(3)
})

test('two hundred tasks that wait ask an engine as often as one does', async () => {
  const answers = [queued('Resources'), queued('Resources'), running]
  const { engine, asked } = queueThatSays(answers)
  const watch = new JobWatch(engine)
  const wish = { engine, watch, job: jobFor(seat), place: 'cluster', hasBegun: false }
  const all = Array.from({ length: 200 }, () =>
    haveKeeper({ ...wish, waits: () => undefined, ended: async () => undefined }, AbortSignal.timeout(30_000)),
  )
  await Promise.all(all)
  expect(asked()).toBe(3)
})

test('whoever stops waiting leaves the others to their answer', async () => {
  const { engine } = queueThatSays([running])
  const watch = new JobWatch(engine)
  const stop = new AbortController()
  const gone = watch.look(stop.signal)
  const stays = watch.look(AbortSignal.timeout(10_000))
  stop.abort(new Error('enough'))
  await expect(gone).rejects.toThrow('enough')
  expect((await stays).get(seat)).toEqual(running)
})
