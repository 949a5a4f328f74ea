import fc from 'fast-check'
import { expect } from 'vitest'
import { type Ending, type Limit, type ModelTask, phaseAfter, type TaskModel } from './faults/task-model.ts'
import type { TaskWorld } from './faults/task-world.ts'

export type TaskCommand = fc.AsyncCommand<TaskModel, TaskWorld>

/** One step: `step` changes the model and the real thing alike; what it does not wait for, the next that must wait for will see. */
const command = (
  text: string,
  check: (model: TaskModel) => boolean,
  step: (model: TaskModel, world: TaskWorld) => Promise<void>,
  agree: boolean,
): TaskCommand => ({
  check,
  toString: () => (agree ? text : `${text}, at once`),
  run: async (model, world) => {
    model.steps += 1
    model.settled = false
    await step(model, world)
    if (agree) await world.agree(model)
  },
})

const settle = async (model: TaskModel, world: TaskWorld): Promise<void> => {
  if (!model.settled) await world.agree(model)
}

const picked = (tasks: readonly ModelTask[], index: number): ModelTask => {
  const task = tasks[index % tasks.length]
  if (!task) throw new Error('check() lets none of these through')
  return task
}

const always = (): boolean => true
const isOpen = ({ phase }: ModelTask): boolean => phase === 'queued' || phase === 'parked' || phase === 'working'
const someWork = (model: TaskModel): boolean => model.listed('working').length > 0

const index = fc.nat({ max: 20 })
const agrees = fc.boolean()
const ending = fc.constantFrom<Ending>('success', 'success', 'idle', 'failure', 'conflict', 'crash')
const limits = fc.constantFrom<Limit>('limit', 'brief limit')
const who = fc.constantFrom('ada', 'bob')
const owner = fc.option(who, { nil: undefined })

const runPlain = fc.tuple(agrees, owner).map(([agree, by]) =>
  command(
    `run for ${by}`,
    always,
    async (model, world) => {
      await settle(model, world)
      const asked = { ...(by && { owner: by }) }
      if (model.full) {
        await expect(world.run('refused', asked)).rejects.toMatchObject({ code: 'memory-short' })
        return
      }
      const { name } = model.add(0)
      await world.run(name, asked)
    },
    agree,
  ),
)

const runQueued = fc.tuple(fc.integer({ min: -1, max: 1 }), agrees, owner).map(([priority, agree, by]) =>
  command(
    `queue with priority ${priority} for ${by}`,
    always,
    async (model, world) => {
      await settle(model, world)
      await world.run(model.add(priority).name, { queue: true, priority, ...(by && { owner: by }) })
    },
    agree,
  ),
)

/** Of a guest that the model has working: `agree` first, so that it is. */
const finish = fc
  .tuple(index, fc.oneof({ weight: 3, arbitrary: ending }, { weight: 1, arbitrary: limits }), agrees)
  .map(([n, how, agree]) =>
    command(
      `guest ${n}: ${how}`,
      someWork,
      async (model, world) => {
        await settle(model, world)
        const task = picked(model.listed('working'), n)
        await world.letGo(task.name, how)
        model.end(task, phaseAfter[how])
      },
      agree,
    ),
  )

const cancel = fc.tuple(index, agrees).map(([n, agree]) =>
  command(
    `cancel ${n}`,
    (model) => model.listed().length > 0,
    async (model, world) => {
      await settle(model, world)
      const task = picked(model.listed(), n)
      const cancelled = world.orchestrator.cancel(world.idOf(task.name))
      if (isOpen(task)) {
        await cancelled
        model.end(task, 'cancelled')
      } else if (task.phase === 'cancelled') await cancelled
      else await expect(cancelled).rejects.toMatchObject({ code: 'task-ended' })
    },
    agree,
  ),
)

const cleanup = fc.tuple(index, fc.boolean()).map(([n, deleteRef]) =>
  command(
    `cleanup ${n}${deleteRef ? ' with its ref' : ''}`,
    (model) => model.listed().length > 0,
    async (model, world) => {
      await settle(model, world)
      const task = picked(model.listed(), n)
      const cleaned = world.orchestrator.cleanup(world.idOf(task.name), { deleteRef, by: 'client' })
      if (isOpen(task)) {
        await expect(cleaned).rejects.toMatchObject({ code: 'task-busy' })
        return
      }
      await cleaned
      task.listed = false
      if (deleteRef) task.ref = false
    },
    true,
  ),
)

/** The orchestrator lets go of its tasks or stops them, some guests end while it is down, and another takes its place. */
const restart = fc
  .tuple(
    fc.constantFrom('let go', 'let go', 'stop'),
    fc.array(fc.tuple(index, fc.oneof(ending, fc.constant<Limit>('limit'))), { maxLength: 2 }),
    agrees,
  )
  .map(([how, meanwhile, agree]) =>
    command(
      `restart (${how}; meanwhile ${JSON.stringify(meanwhile)})`,
      always,
      async (model, world) => {
        // Where a start would be cut off the model could not say at which point; an end under way is cut off where it is.
        if (how === 'stop' || model.queue().length > 0) await settle(model, world)
        else await world.begun(model)
        const before = model.listed('working')
        if (how === 'stop') await world.orchestrator.stopAll()
        await world.shut()
        if (how === 'stop') for (const task of before) endWithoutCalling(model, task, 'failed')
        else
          for (const [n, ending] of meanwhile) {
            const working = before.filter(({ phase }) => phase === 'working')
            if (working.length === 0) break
            const task = picked(working, n)
            await world.letGo(task.name, ending)
            endWithoutCalling(model, task, phaseAfter[ending])
          }
        await world.start()
        model.callNext()
      },
      agree,
    ),
  )

/** Nobody is called in while the orchestrator is down. */
function endWithoutCalling(model: TaskModel, task: ModelTask, phase: ModelTask['phase']): void {
  const { callNext } = model
  model.callNext = () => undefined
  model.end(task, phase)
  model.callNext = callNext
}

/** What a consumer is given is kept or put back, and is one that it has not heard. */
const hear = fc.tuple(who, fc.constantFrom('keep', 'keep', 'put back', 'die with')).map(([name, then]) =>
  command(
    `${name} hears one, to ${then} it`,
    always,
    async (model, world) => {
      await settle(model, world)
      const unheard = model.unheard[name] ?? new Set()
      const told = await world.look(name)
      if (typeof told === 'string') {
        expect([...unheard]).toEqual([])
        expect(told).toBe(model.listed().some(isOpen) ? 'timeout' : 'no-running-tasks')
        return
      }
      const { event, pending } = told
      expect([...unheard]).toContain(world.nameOf(event.taskId))
      expect(pending).toBe(unheard.size - 1)
      if (then === 'keep') {
        await told.acknowledge()
        unheard.delete(world.nameOf(event.taskId))
      } else if (then === 'put back') told.release()
      else {
        await world.shut() // With the delivery under way.
        await world.start()
      }
    },
    true,
  ),
)

/** Both wait for the same end at once; a third wait that is given up takes nothing. */
const waitBoth = fc.tuple(index, ending).map(([n, how]) =>
  command(
    `both wait for guest ${n}: ${how}`,
    (model) => someWork(model) && Object.values(model.unheard).every(({ size }) => size === 0),
    async (model, world) => {
      await settle(model, world)
      const givenUp = new AbortController()
      const third = world.look('ada', 100_000, givenUp.signal)
      givenUp.abort(new Error('given up'))
      await expect(third).rejects.toThrow('given up')
      const waits = ['ada', 'bob'].map((name) => world.look(name, 100_000))
      const task = picked(model.listed('working'), n)
      await world.letGo(task.name, how)
      model.end(task, phaseAfter[how])
      for (const told of await Promise.all(waits)) {
        if (typeof told === 'string') throw new Error(`A wait ended with ${told}`)
        expect(world.nameOf(told.event.taskId)).toBe(task.name)
        await told.acknowledge()
      }
      for (const names of Object.values(model.unheard)) names.delete(task.name)
    },
    true,
  ),
)

export const taskCommands = (maxCommands: number): fc.Arbitrary<Iterable<TaskCommand>> =>
  fc.commands<TaskModel, TaskWorld>(
    [
      runPlain,
      runQueued,
      runQueued,
      runQueued,
      runQueued,
      finish,
      finish,
      cancel,
      cleanup,
      restart,
      hear,
      hear,
      waitBoth,
    ],
    { maxCommands, size: 'max' },
  ) as fc.Arbitrary<Iterable<TaskCommand>>

/** Lets all guests end, cancels what is parked, and has both consumers hear everything that is left, each end once. */
export async function drain(model: TaskModel, world: TaskWorld): Promise<void> {
  await world.agree(model)
  for (let [task] = model.listed('working'); task; [task] = model.listed('working')) {
    await world.letGo(task.name, 'success')
    model.end(task, 'merged')
    await world.agree(model)
  }
  for (const task of model.listed('parked')) {
    await world.orchestrator.cancel(world.idOf(task.name))
    model.end(task, 'cancelled')
    await world.agree(model)
  }
  for (const [name, unheard] of Object.entries(model.unheard)) {
    const heard: string[] = []
    for (let told = await world.look(name); typeof told !== 'string'; told = await world.look(name)) {
      heard.push(world.nameOf(told.event.taskId))
      await told.acknowledge()
    }
    expect(heard.toSorted()).toEqual([...unheard].toSorted())
  }
}
