import type { SlurmPlace } from '../../core/task/task-place.ts'
import { lastLine } from '../../lib/last-line.ts'
import { run } from '../../lib/processes/spawn.ts'
import { onHost } from '../jobs/on-host.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { doctorRun, freeNodeS, type PlaceProblem, problemsIn, unseenNode } from '../set-up/doctor-lines.ts'
import { slurmEnvironment } from './slurm-engine.ts'
import { placeWords, refusalIn, tracksByCgroup } from './slurm-words.ts'

/** Looks at one node, whichever Slurm gives: an administrator makes them alike. @throws AppError('place-unreachable') */
export async function slurmProblems(place: SlurmPlace, signal?: AbortSignal): Promise<readonly PlaceProblem[]> {
  const options = { env: slurmEnvironment(), ...doctorRun }
  const config = await run(...onHost(place.login, ['scontrol', 'show', 'config']), options, signal)
  if (!config.ok) throw unreachablePlace(place, config.stderr || (config.problem ?? ''))
  const words = [
    ...['srun', '--job-name=mvo-doctor', '--nodes=1', '--ntasks=1', '--time=3', `--immediate=${freeNodeS}`],
    ...['--quiet', '--export=NIL', '--chdir=/', ...placeWords(place)],
    // With the PATH that a job has: Slurm gives a step none of its own.
    ...['/bin/sh', '-lc', 'exec "$@"', 'sh', ...place.command, 'doctor'],
  ]
  const { exitCode, stdout, stderr, problem } = await run(...onHost(place.login, words), options, signal)
  const found = [...problemsIn(stdout)]
  if (exitCode !== 0 && found.length === 0) {
    const said = stderr || (problem ?? '')
    found.push(unseenNode(refusalIn(said) ?? lastLine(said)))
  }
  if (!tracksByCgroup(config.stdout))
    found.push({
      message: 'Slurm there does not track processes by cgroup: what a job leaves behind is not ended with it',
      cure: 'An administrator sets ProctrackType=proctrack/cgroup in slurm.conf',
      optional: true,
    })
  return found
}
