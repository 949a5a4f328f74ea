import { z } from 'zod'
import type { Problem } from '../../core/problem.ts'
import type { Place, SlurmPlace } from '../../core/task/task-place.ts'
import { unreachable } from '../../core/unreachable.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { run } from '../../lib/processes/spawn.ts'
import { onHost } from '../jobs/on-host.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { slurmEnvironment } from '../slurm/slurm-engine.ts'
import { placeWords, refusalIn, tracksByCgroup } from '../slurm/slurm-words.ts'
import { sshArguments, sshEnvironment } from '../ssh/ssh-command.ts'

export type PlaceProblem = Pick<Problem, 'message' | 'cure' | 'optional'>

const doctorMs = 2 * 60_000
const outputLimitBytes = 1024 ** 2

/** Resolves with what the place lacks for a task. @throws AppError('place-unreachable') */
export async function placeProblems(place: Place, signal?: AbortSignal): Promise<readonly PlaceProblem[]> {
  switch (place.kind) {
    case 'ssh':
      return await sshProblems(place, signal)
    case 'slurm':
      return await slurmProblems(place, signal)
    default:
      return unreachable(place)
  }
}

async function sshProblems(
  place: Extract<Place, { kind: 'ssh' }>,
  signal?: AbortSignal,
): Promise<readonly PlaceProblem[]> {
  const options = { env: sshEnvironment(), timeoutMs: doctorMs, outputLimitBytes }
  const { exitCode, stdout, stderr, problem } = await run(
    'ssh',
    sshArguments(place, [...place.command, 'doctor']),
    options,
    signal,
  )
  const found = problemsIn(stdout)
  // One that lacks something says so by its exit; ssh itself fails with 255, and with nothing said.
  if (exitCode !== 0 && found.length === 0) throw unreachablePlace(place, stderr || (problem ?? ''))
  return found
}

/** How long a node may be waited for that is to be looked at. */
const freeNodeS = 60

/** Looks at one node, whichever Slurm gives: an administrator makes them alike. */
async function slurmProblems(place: SlurmPlace, signal?: AbortSignal): Promise<readonly PlaceProblem[]> {
  const options = { env: slurmEnvironment(), timeoutMs: doctorMs, outputLimitBytes }
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
  if (exitCode !== 0 && found.length === 0) found.push(unseenNode(stderr || (problem ?? '')))
  if (!tracksByCgroup(config.stdout))
    found.push({
      message: 'Slurm there does not track processes by cgroup: what a job leaves behind is not ended with it',
      cure: 'An administrator sets ProctrackType=proctrack/cgroup in slurm.conf',
      optional: true,
    })
  return found
}

function unseenNode(stderr: string): PlaceProblem {
  const said = singleLineText(refusalIn(stderr) ?? stderr.trim().split('\n').at(-1) ?? '').slice(0, 300)
  return {
    message: `No node could be looked at: ${said || `none was free within ${freeNodeS} s`}`,
    cure: 'The folder of our program (--folder) and Node (--node) must be there on every node, under the same paths; where all nodes are busy, try again later',
    optional: false,
  }
}

const problemSchema = z.object({
  message: z.string().max(2_000),
  cure: z.string().max(2_000),
  optional: z.boolean(),
})

const problemsIn = (stdout: string): readonly PlaceProblem[] => stdout.split('\n').flatMap((line) => problemOf(line))

function problemOf(line: string): readonly PlaceProblem[] {
  try {
    const { message, cure, optional } = problemSchema.parse(JSON.parse(line))
    return [{ message: singleLineText(message), cure: singleLineText(cure), optional }]
  } catch {
    return [] // A login shell may print something of its own.
  }
}
