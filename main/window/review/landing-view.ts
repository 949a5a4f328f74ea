import type { LandingCar, LandingView } from '../../../preload/landing.ts'
import { landingStateText } from '../../core/landing/landing.ts'
import type { Task } from '../../core/task/task.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { titleOf } from '../rows.ts'

/** What waits for the branch of a task whose work is on its way there: works of tasks at their end, and of some that ended before. */
export async function landingView(
  { repoPath, branch, mergePolicy }: Task,
  tasks: Pick<Tasks, 'find' | 'get' | 'landingIds' | 'landing'>,
): Promise<LandingView> {
  const found = await tasks.find({ kind: 'ids', ids: tasks.landingIds() })
  const waiting = found.filter((task) => task.repoPath === repoPath)
  const cars = await Promise.all(
    waiting.map(async ({ id, description }): Promise<LandingCar | null> => {
      const { branch: into } = await tasks.get(id)
      const state = tasks.landing(id)
      if (into !== branch || state === null) return null
      const { position, kind } = state
      return { id, title: titleOf(description), position, isChecked: kind === 'checks', text: landingStateText(state) }
    }),
  )
  return {
    branch,
    command: mergePolicy?.kind === 'check' ? mergePolicy.command : null,
    cars: cars.filter((car) => car !== null).sort((one, other) => one.position - other.position),
  }
}
