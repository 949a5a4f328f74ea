import { asksOf, nodeNamePattern, type SlurmPlace } from '../../core/task/task-place.ts'
import type { Job } from '../engine.ts'
import { jobName } from './slurm-jobs.ts'

/** How long before the limit of a job its keeper is told: what is there is saved in this time. */
const noticeS = 90

/** What jobs of the place are asked for with; the same for what looks whether one could run. Pure. */
export const placeWords = (place: SlurmPlace): readonly string[] =>
  Object.entries(asksOf(place)).map(([option, value]) => `--${option}=${value}`)

/** `sbatch` for a keeper; its script is its standard input. Nothing of the task is in it but its seat. Pure. */
export const submitWords = (
  place: SlurmPlace,
  { seat, memoryMiB, cpus, minutes, at, near }: Job,
): readonly string[] => [
  ...['sbatch', '--parsable', `--job-name=${jobName(seat)}`, '--nodes=1', '--ntasks=1', `--cpus-per-task=${cpus}`],
  ...[`--mem=${memoryMiB}M`, `--time=${minutes}`, `--signal=B:USR2@${noticeS}`],
  // One that Slurm began anew by itself would find an empty seat on another node, and the work would wait on the first.
  '--no-requeue',
  // No environment of this host, and no output that a shared file system would keep.
  ...['--export=NIL', '--chdir=/', '--input=/dev/null', '--output=/dev/null', '--error=/dev/null'],
  ...placeWords(place),
  ...(at !== null && nodeNamePattern.test(at) ? [`--nodelist=${at}`] : []),
  ...(at === null && near !== null ? [`--prefer=${near}`] : []),
]

/** The script of a job: the keeper, and nothing else. A machine has helpers of another user, who find their way by the modes that we give. Pure. */
export const jobScript = ({ command }: SlurmPlace, seat: string): string =>
  `#!/bin/sh\numask 022\nexec ${[...command, 'job', seat].join(' ')}\n`

/** `srun` for a step beside the keeper: the engine's own way into the job. Its standard streams are the step's, byte for byte. Pure. */
export const attachWords = ({ command }: SlurmPlace, job: string, seat: string): readonly string[] => [
  ...['srun', `--jobid=${job}`, '--overlap', '--nodes=1', '--ntasks=1', '--cpus-per-task=1', '--mem=0'],
  ...['--quiet', '--unbuffered', '--export=NIL', '--chdir=/'],
  ...[...command, 'attach', seat],
]

/**
 * Slurm's own words where it never takes such a job; undefined where it could not be asked, or only not now. Pure.
 * The texts are those of `slurm_errno.c`; one that is not known here refuses, and is shown.
 */
export function refusalIn(stderr: string): string | undefined {
  const said =
    /(?:Batch job submission failed|Unable to allocate resources): (.*)/.exec(stderr)?.[1] ?? invalidOption(stderr)
  if (said === undefined || passing.test(said)) return undefined
  // A line of its own says which of the limits that is.
  const limit = /^(?:sbatch|srun): error: (\w+Limit)$/m.exec(stderr)?.[1]
  return limit === undefined ? said : `${said}: ${limit}`
}

const invalidOption = (stderr: string): string | undefined =>
  /^sbatch: (?:error|fatal): ((?:Invalid|invalid|unrecognized|Unable to process).*)/m.exec(stderr)?.[1]

/** Of a controller that is away, busy or being replaced, and of a way there that is cut. */
const passing =
  /contact slurm controller|controller not responding|timed out|temporarily|backup controller|Zero Bytes|authentication|Transport endpoint|Connection (?:refused|reset)|Communication|Unspecified error/i

/** Whether Slurm finds all processes of a job again, from what `scontrol show config` says. Pure. */
export const tracksByCgroup = (config: string): boolean => /^ProctrackType\s*=\s*proctrack\/cgroup$/m.test(config)
