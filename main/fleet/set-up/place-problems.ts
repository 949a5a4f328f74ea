import type { Place } from '../../core/task/task-place.ts'
import { unreachable } from '../../core/unreachable.ts'
import { htcondorProblems } from '../htcondor/htcondor-problems.ts'
import { kubernetesProblems } from '../kubernetes/kubernetes-problems.ts'
import { slurmProblems } from '../slurm/slurm-problems.ts'
import { sshProblems } from '../ssh/ssh-problems.ts'
import type { PlaceProblem } from './doctor-lines.ts'

/** Resolves with what the place lacks for a task. @throws AppError('place-unreachable') */
export async function placeProblems(place: Place, signal?: AbortSignal): Promise<readonly PlaceProblem[]> {
  switch (place.kind) {
    case 'ssh':
      return await sshProblems(place, signal)
    case 'slurm':
      return await slurmProblems(place, signal)
    case 'htcondor':
      return await htcondorProblems(place, signal)
    case 'kubernetes':
      return await kubernetesProblems(place, signal)
    default:
      return unreachable(place)
  }
}
