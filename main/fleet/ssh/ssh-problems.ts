import type { SshPlace } from '../../core/task/task-place.ts'
import { run } from '../../lib/processes/spawn.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { doctorRun, type PlaceProblem, problemsIn } from '../set-up/doctor-lines.ts'
import { sshArguments, sshEnvironment } from './ssh-command.ts'

/** @throws AppError('place-unreachable') */
export async function sshProblems(place: SshPlace, signal?: AbortSignal): Promise<readonly PlaceProblem[]> {
  const { exitCode, stdout, stderr, problem } = await run(
    'ssh',
    sshArguments(place, [...place.command, 'doctor']),
    { env: sshEnvironment(), ...doctorRun },
    signal,
  )
  const found = problemsIn(stdout)
  // One that lacks something says so by its exit; ssh itself fails with 255, and with nothing said.
  if (exitCode !== 0 && found.length === 0) throw unreachablePlace(place, stderr || (problem ?? ''))
  return found
}
