import type { RepositoryRow } from '../../../preload/live-state.ts'
import { type Failure, toFailure } from '../../core/failure.ts'
import { egressWord } from '../../core/network/egress.ts'
import type { Forge } from '../../core/pull-request.ts'
import type { RepositoryTotals } from '../../core/task/wanted-tasks.ts'
import { inspectRepository } from '../../git/repository/inspect-repository.ts'
import type { RegisteredRepository, Tasks } from '../../tasks/contract.ts'
import { decideEnvironment } from '../../tasks/environments/choose-environment.ts'
import { orProblem } from '../../tasks/environments/or-problem.ts'
import { failureInWindow } from '../window-words.ts'

/** What git said of a repository is trusted for so long. */
const freshMs = 5_000

interface Inspection {
  readonly branch: string | null
  readonly problem: Failure | null
  /** By `performance.now()`. */
  readonly at: number
}

/** The registered repositories with their branches and what their tasks come to. */
export class RepositoryRows {
  readonly #inspections = new Map<string, Inspection>()

  /** @param forges where the work of repositories waits in pull requests. */
  async read(
    tasks: Pick<Tasks, 'repositories' | 'totals'>,
    forges: readonly Pick<Forge, 'repoPath' | 'project'>[],
  ): Promise<readonly RepositoryRow[]> {
    const [repositories, totals] = await Promise.all([tasks.repositories(), tasks.totals()])
    const projects = new Map(forges.map(({ repoPath, project }) => [repoPath, project]))
    const paths = new Set(repositories.map(({ path }) => path))
    for (const path of this.#inspections.keys()) if (!paths.has(path)) this.#inspections.delete(path)
    return await Promise.all(
      repositories.map(async (repository) => {
        const project = projects.get(repository.path)
        const known = row(repository, await this.#inspect(repository), totals.get(repository.path))
        return project === undefined || known.mergePolicy.kind !== 'review'
          ? known
          : { ...known, pullRequests: project }
      }),
    )
  }

  async #inspect(repository: RegisteredRepository): Promise<Inspection> {
    const { path } = repository
    const known = this.#inspections.get(path)
    if (known && performance.now() - known.at < freshMs) return known
    const found = { ...(await inspect(repository)), at: performance.now() }
    this.#inspections.set(path, found)
    return found
  }
}

async function inspect(repository: RegisteredRepository): Promise<Omit<Inspection, 'at'>> {
  const { path } = repository
  try {
    const [{ branch, head }, { problem }] = await Promise.all([
      inspectRepository(path),
      orProblem(decideEnvironment(repository)),
    ])
    return { branch: head === null ? null : branch, problem }
  } catch (error) {
    return { branch: null, problem: toFailure(error, 'repository-invalid') }
  }
}

function row(
  { alias, path, added, egress, environment = { kind: 'auto' }, mergePolicy = { kind: 'auto' } }: RegisteredRepository,
  { branch, problem }: Inspection,
  totals: RepositoryTotals | undefined,
): RepositoryRow {
  return {
    alias,
    path,
    added,
    branch,
    problem: problem && failureInWindow(problem),
    environment,
    egress: egress ? egressWord(egress) : null,
    mergePolicy,
    tasks: totals?.tasks ?? 0,
    costUsd: totals?.costUsd ?? 0,
    lastTask: totals?.lastTask ?? null,
  }
}
