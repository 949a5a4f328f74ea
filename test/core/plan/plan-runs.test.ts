import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readinessOf, TasksById } from '../../../main/core/plan/readiness.ts'
import type { TaskId, TaskOutcome } from '../../../main/core/task/task.ts'
import { sampleMerge, slot, taskId } from '../../support/tasks.ts'

type Known = ConstructorParameters<typeof TasksById>[0] extends Iterable<infer One> ? One : never

/** A task of the model: `run` is the newest of it, where it was run again. */
interface Planned {
  readonly after: readonly number[]
  run: TaskId
}

const fates = ['merged', 'unmerged', 'failed', 'cancelled'] as const
type Fate = (typeof fates)[number]

const outcomeOf: Readonly<Record<Fate, TaskOutcome>> = {
  merged: { kind: 'merged', merge: sampleMerge },
  unmerged: { kind: 'unmerged', merge: { kind: 'unmerged', reason: 'awaiting_review', files: [], detail: '' } },
  failed: { kind: 'failed', failure: { code: 'agent-failed', message: 'It failed' } },
  cancelled: { kind: 'cancelled' },
}
const commitOf = (id: TaskId): string => id.repeat(5)

/** Each task comes after some of those before it. */
const plans = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((list) => list.map((after, at): readonly number[] => (at === 0 ? [] : [...new Set(after.map((n) => n % at))])))

/** Begins what is ready and ends what works, in an order that `choose` chooses; where nothing goes on, a person does what the task that is held says. */
function runPlan(plan: readonly (readonly number[])[], choose: (count: number) => number, mostFailures: number) {
  const known = new Map<TaskId, Known>()
  let made = 0
  let failures = 0
  const make = (more: Partial<Known> = {}): TaskId => {
    const id = taskId((0xa0000000 + made).toString(16))
    const createdAt = new Date(Date.UTC(2026, 0, 1) + made * 1000).toISOString()
    known.set(id, { id, repoPath: '/repo', createdAt, state: { phase: 'queued' }, work: null, merge: null, ...more })
    made += 1
    return id
  }
  const tasks: readonly Planned[] = plan.map((after) => ({ after, run: make() }))
  const first = tasks.map(({ run }) => run)
  const change = (id: TaskId, more: Partial<Known>) => known.set(id, { ...(known.get(id) as Known), ...more })
  const phaseOf = ({ run }: Planned) => known.get(run)?.state.phase
  const readiness = ({ after }: Planned) =>
    readinessOf({ after: after.map((at) => first[at] as TaskId), repoPath: '/repo' }, new TasksById(known.values()))
  const hasResult = ({ run }: Planned): boolean => {
    const state = known.get(run)?.state
    return state?.phase === 'finished' && (state.outcome.kind === 'merged' || state.outcome.kind === 'unmerged')
  }

  const begin = (task: Planned): void => {
    const found = readiness(task)
    const before = task.after.map((at) => tasks[at] as Planned)
    expect(found.kind).toBe('ready')
    for (const one of before) expect(hasResult(one)).toBe(true)
    // Whatever of them is not on the branch is where it begins, and that is one at the most.
    const waiting = before.filter(({ run }) => known.get(run)?.merge?.kind === 'unmerged').map(({ run }) => run)
    expect(waiting.length).toBeLessThanOrEqual(1)
    expect(found.kind === 'ready' && found.base?.kind === 'commit' ? found.base.commit : undefined).toBe(
      waiting[0] && commitOf(waiting[0]),
    )
    change(task.run, { state: { phase: 'working', slot: slot(1) } })
  }
  const end = ({ run }: Planned): void => {
    let fate = fates[choose(fates.length)] as Fate
    const isLost = fate === 'failed' || fate === 'cancelled'
    if (isLost && failures >= mostFailures) fate = 'merged'
    else if (isLost) failures += 1
    change(run, {
      state: { phase: 'finished', slot: slot(1), outcome: outcomeOf[fate] },
      work: fate === 'unmerged' ? { ref: `refs/tasks/${run}`, commit: commitOf(run) } : null,
      merge: fate === 'merged' || fate === 'unmerged' ? { kind: fate } : null,
    })
  }
  /** @returns whether somebody is held. */
  const cure = (): boolean => {
    const held = tasks.filter((task) => phaseOf(task) === 'queued').map(readiness)
    const one = held.find(({ kind }) => kind === 'held')
    if (one?.kind !== 'held') return false
    const task = tasks.find(({ run }) => run === one.by)
    expect(task).toBeDefined()
    if (one.cause === 'unmerged') {
      expect(known.get(one.by)?.merge?.kind).toBe('unmerged')
      change(one.by, {
        merge: { kind: 'merged' },
        state: { phase: 'finished', slot: slot(1), outcome: outcomeOf.merged },
      })
    } else if (task) {
      expect(hasResult(task)).toBe(false)
      task.run = make({ retries: task.run })
    }
    return true
  }

  for (let steps = 0; ; steps += 1) {
    expect(steps).toBeLessThan(2_000)
    const ready = tasks.filter((task) => phaseOf(task) === 'queued' && readiness(task).kind === 'ready')
    const working = tasks.filter((task) => phaseOf(task) === 'working')
    const could = [...ready, ...working]
    const next = could[choose(Math.max(1, could.length))]
    if (next) ready.includes(next) ? begin(next) : end(next)
    else if (!cure()) break
  }
  return tasks.map((task) => ({
    phase: phaseOf(task),
    isWanted: tasks.some(({ after }) => after.some((at) => tasks[at] === task)),
    hasResult: hasResult(task),
  }))
}

const chances = fc.infiniteStream(fc.nat(1_000)).map((stream) => (count: number) => {
  const next: IteratorResult<number> = stream.next()
  return (next.value ?? 0) % count
})

test('of any plan each task begins from the results of those before it, and all come to an end where what is held is cured', () => {
  fc.assert(
    fc.property(plans, chances, fc.nat(8), (plan, choose, mostFailures) => {
      for (const { phase, isWanted, hasResult } of runPlan(plan, choose, mostFailures)) {
        expect(phase).toBe('finished')
        // What others come after was run again until it had a result; nobody asks for the rest.
        expect(hasResult || !isWanted).toBe(true)
      }
    }),
    { numRuns: 1_000 },
  )
})
