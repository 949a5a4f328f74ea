import { asksOf, type HtcondorPlace, homeKeyOf, nodeNamePattern } from '../../core/task/task-place.ts'
import type { Job } from '../engine.ts'
import { jobAttributes } from './htcondor-jobs.ts'

/** How long before the limit of a job its keeper is told: what is there is saved in this time. */
const noticeS = 90
/** For so long a submit host and a node may not hear each other until their job is given up. HTCondor's own default is 40 minutes, in which a lost node is not noticed. */
const leaseS = 300
/** For so long an ended job is among the answers to the one question that is asked. */
const rememberedS = 600
/** How long what a job runs may take to end. */
const vacateS = 60

/** HTCondor sets this as it takes a job to a node, before anything of it runs there. */
const hasBegun = '(NumShadowStarts ?: 0) > 0'

/** `condor_submit` for what its standard input describes. */
export const submitWords: readonly string[] = ['condor_submit', '-terse', '-']

/** The description of a job that runs these words once, on a node that the place's jobs may have. Pure. */
export function onceDescription(
  place: HtcondorPlace,
  words: readonly string[],
  { minutes, at, more }: Pick<Job, 'minutes' | 'at'> & { readonly more: readonly string[] },
): string {
  const { requirements: asked, group } = asksOf(place)
  const isAt = at !== null && nodeNamePattern.test(at) ? [`TARGET.Machine == "${at}"`] : []
  const requirements = ['TARGET.Arch == "X86_64"', 'TARGET.OpSys == "LINUX"', `!(${hasBegun})`, 'MvoAsked', ...isAt]
  return lines([
    ...['universe = vanilla', 'executable = /bin/sh', `arguments = "-lc '${words.join(' ')}'"`],
    // Nothing goes there with it and nothing comes back, on whatever file systems the nodes have.
    ...['transfer_executable = false', 'should_transfer_files = YES', 'when_to_transfer_output = ON_EXIT'],
    ...['transfer_output_files = ""', 'initialdir = /', 'getenv = false', 'notification = never'],
    ...['input = /dev/null', 'output = /dev/null', 'error = /dev/null'],
    ...['environment = "MVO_NODE=$$(Machine)"', 'job_machine_attrs = Machine', 'job_machine_attrs_history_length = 1'],
    // In an attribute of its own, an expression can end no other one.
    `+MvoAsked = (${asked ?? 'true'})`,
    `requirements = ${requirements.join(' && ')}`,
    ...(group === undefined ? [] : [`accounting_group = ${group}`]),
    // One that HTCondor began anew by itself would find an empty seat on another node, and the work would wait on the first.
    `periodic_remove = (${hasBegun} && (JobStatus == 1 || JobStatus == 5)) || (JobStatus == 2 && time() - JobCurrentStartDate > ${minutes * 60})`,
    '+PeriodicRemoveReason = ifThenElse(JobStatus == 2, "it ran into its limit of time", "it is not begun anew")',
    `leave_in_queue = (JobStatus == 3 || JobStatus == 4) && time() - EnteredCurrentStatus < ${rememberedS}`,
    ...['kill_sig = SIGTERM', 'remove_kill_sig = SIGTERM', `job_max_vacate_time = ${vacateS}`],
    `job_lease_duration = ${leaseS}`,
    ...more,
    'queue',
  ])
}

/** The description of a keeper's job. Nothing of the task is in it but its seat. Pure. */
export function keeperDescription(place: HtcondorPlace, job: Job): string {
  const { seat, memoryMiB, cpus, minutes, at, near } = job
  const limit = `timeout --foreground --signal=USR2 ${Math.max(1, minutes * 60 - noticeS)}`
  // A machine has helpers of another user, who find their way by the modes that we give.
  const words = ['umask 022;', 'exec', limit, ...place.command, 'job', seat]
  const more = [
    ...[`+MvoHome = "${homeKeyOf(job)}"`, `+MvoTask = "${seat}"`, `batch_name = mvo-${seat}`],
    ...[`request_memory = ${memoryMiB}M`, `request_cpus = ${cpus}`],
    ...(at === null && near !== null && nodeNamePattern.test(near) ? [`rank = TARGET.Machine == "${near}"`] : []),
  ]
  return onceDescription(place, words, { minutes, at, more })
}

const lines = (each: readonly string[]): string => `${each.join('\n')}\n`

/**
 * `condor_q` for all jobs of a home, also those that ended a moment ago. Anybody can have a job say that it is of this home: only those
 * that this user owns are asked for, whatever the pool's configuration has `condor_q` show (`CONDOR_Q_ONLY_MY_JOBS`). Pure.
 */
export const lookWords = (home: string): readonly string[] => [
  ...['sh', '-c', 'user=$(whoami) && exec condor_q "$user" "$@"', 'sh'],
  ...['-json', '-attributes', jobAttributes.join(','), '-constraint', `MvoHome == "${home}"`],
]

/** `condor_ssh_to_job` for a program beside the keeper: the engine's own way into the job. Its standard streams are the program's. Pure. */
export const attachWords = ({ command }: HtcondorPlace, job: string, seat: string): readonly string[] => [
  ...['condor_ssh_to_job', job, ...command, 'attach', seat],
]

/** `condor_rm` for the jobs of a seat. Pure. */
export const cancelWords = (seat: string): readonly string[] => ['condor_rm', '-constraint', `MvoTask == "${seat}"`]

/** What `condor_rm` says where there is nothing to remove. */
export const isNothingToRemove = (stderr: string): boolean => /Couldn't find\/remove all jobs/.test(stderr)

/**
 * HTCondor's own words where it never takes such a job; undefined where it could not be asked, or only not now. Pure.
 * `condor_submit` writes `ERROR: ` and its reason, and where a limit is the reason a line of its own with that.
 */
export function refusalIn(stderr: string): string | undefined {
  const said = stderr.split('\n').flatMap((line) => line.replace(/^(ERROR|WARNING): /, '').trim() || [])
  if (!/^ERROR: /m.test(stderr) || passing.test(stderr)) return undefined
  const reasons = said.filter((line) => !/^Failed to (commit job|create)/.test(line))
  return (reasons.length > 0 ? reasons : said).join(' ')
}

/** Of a submit host that is away or busy, and of a way there that is cut or not open to this user. */
const passing =
  /connect|locate|find address|unknown host|SECMAN|CEDAR|AUTHENTICATE|DAEMON|timed? ?out|temporarily|communicat|Can't open/i
