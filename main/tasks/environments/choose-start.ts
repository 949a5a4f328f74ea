import { AppError } from '../../core/failure.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import { findBase } from '../../git/repository/find-base.ts'
import { type Asked, type ChooseOptions, type Chosen, chooseEnvironment } from './choose-environment.ts'

interface Start extends Chosen {
  /** The commit or branch that was named. */
  readonly base?: TaskBase
}

/**
 * Where a task starts, and what it works in there. One that starts from what is named (`name`) works in the flake of that commit, where the
 * repository's tasks work in flakes; under `auto` it needs none where those that start from the user's HEAD need none.
 * @throws AppError as `findBase` and `chooseEnvironment` do.
 */
export async function chooseStart(
  repository: Asked,
  { name, ...options }: ChooseOptions & { readonly name: string | undefined },
): Promise<Start> {
  if (name === undefined) return await chooseEnvironment(repository, options)
  const { path, environment: { kind } = { kind: 'auto' } } = repository
  const start = (needsFlake: boolean) => findBase(path, name, { needsFlake })
  if (kind !== 'auto' && kind !== 'flake') {
    return { base: await start(false), ...(await chooseEnvironment(repository, options)) }
  }
  try {
    return { base: await start(true), environment: { kind: 'flake' }, notes: [] }
  } catch (error) {
    if (kind === 'flake' || !(error instanceof AppError) || error.code !== 'flake-missing') throw error
    const chosen = await chooseEnvironment(repository, options)
    if (chosen.environment.kind === 'flake') throw error
    return { base: await start(false), ...chosen }
  }
}
