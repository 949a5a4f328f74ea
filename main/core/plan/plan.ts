import { lengths } from '../bounds.ts'
import { AppError } from '../failure.ts'

/** A task of a plan, as far as its place in the plan goes. */
export interface PlannedTask {
  /** What the others call it: one to forty letters, digits, `-`, `_` and `.`, and not of the form of a task id. */
  readonly name: string
  /** Names of tasks of the plan. */
  readonly after: readonly string[]
}

/** Eight hexadecimal digits would be the id of a task. */
const planNamePattern = /^(?![0-9a-f]{8}$)[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/

/**
 * The tasks of a plan in an order in which each comes after those that it waits for; among several such orders the one that is nearest to the given one. Pure.
 * @throws AppError('argument-invalid') for a plan with no tasks or too many, a name that is none or is there twice, a name that no task of the plan has, and
 * tasks that wait for each other in a circle.
 */
export function inOrder<Planned extends PlannedTask>(tasks: readonly Planned[]): readonly Planned[] {
  if (tasks.length === 0) throw invalid('A plan has one task at least')
  if (tasks.length > lengths.plan)
    throw invalid(`A plan has ${lengths.plan} tasks at most, and this one has ${tasks.length}`)
  const names = new Set<string>()
  for (const { name } of tasks) {
    if (!planNamePattern.test(name))
      throw invalid(`'${name.slice(0, 100)}' cannot be the name of a task in a plan`, nameHint)
    if (names.has(name)) throw invalid(`Two tasks of the plan are named '${name}'`)
    names.add(name)
  }
  for (const { name, after } of tasks) {
    const unknown = after.find((other) => !names.has(other))
    if (unknown !== undefined)
      throw invalid(
        `Task '${name}' comes after '${unknown.slice(0, 100)}', which is no task of this plan`,
        'Name a task of the plan, or give the id of another task',
      )
  }
  const ordered: Planned[] = []
  const placed = new Set<string>()
  while (ordered.length < tasks.length) {
    const next = tasks.find(({ name, after }) => !placed.has(name) && after.every((other) => placed.has(other)))
    if (!next)
      throw invalid(
        `Tasks of the plan wait for each other in a circle: ${circleIn(tasks.filter(({ name }) => !placed.has(name)))}`,
      )
    placed.add(next.name)
    ordered.push(next)
  }
  return ordered
}

/** One circle among tasks of which each waits for another of them: `a, b, a`. */
function circleIn(tasks: readonly PlannedTask[]): string {
  const byName = new Map(tasks.map((task) => [task.name, task]))
  const seen: string[] = []
  for (
    let name = tasks[0]?.name;
    name !== undefined;
    name = byName.get(name)?.after.find((other) => byName.has(other))
  ) {
    if (seen.includes(name)) return [...seen.slice(seen.indexOf(name)), name].join(' after ')
    seen.push(name)
  }
  return seen.join(' after ')
}

const nameHint =
  'A name has up to 40 letters, digits, hyphens, underscores and dots, and is not of the form of a task id'

const invalid = (message: string, hint = 'Nothing was started: mend the plan and give it again') =>
  new AppError('argument-invalid', message, { hint })
