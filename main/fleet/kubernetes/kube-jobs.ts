import { z } from 'zod'
import { seatPattern } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import type { JobState } from '../engine.ts'
import { container, jobName, labels } from './job-manifest.ts'

/** What a seat's newest Job is, and where its keeper is reached. */
export interface KubeJob {
  readonly attempt: number
  /** Empty while there is none. */
  readonly pod: string
  readonly state: JobState
}

/** What the cluster was asked for; what is not as we know it is passed over. Items of lists as the API gives them. */
export interface Listed {
  readonly jobs: readonly unknown[]
  readonly pods: readonly unknown[]
  /** That tell why pods could not be made. */
  readonly events: readonly unknown[]
}

const text = z.string().max(100_000)
const metadata = z.object({
  name: text,
  deletionTimestamp: text.nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
})
const conditions = z
  .array(z.object({ type: text, status: text, reason: text.nullish(), message: text.nullish() }))
  .nullish()
const jobSchema = z.object({
  metadata,
  spec: z.object({ suspend: z.boolean().nullish() }),
  status: z.object({ conditions }).nullish(),
})
const podSchema = z.object({
  metadata,
  spec: z.object({ nodeName: text.nullish() }),
  status: z.object({
    phase: text.nullish(),
    reason: text.nullish(),
    message: text.nullish(),
    conditions,
    containerStatuses: z
      .array(
        z.object({
          name: text,
          state: z
            .object({
              waiting: z.object({ reason: text.nullish(), message: text.nullish() }).nullish(),
              running: z.looseObject({}).nullish(),
              terminated: z.object({ reason: text.nullish(), exitCode: z.int() }).nullish(),
            })
            .nullish(),
        }),
      )
      .nullish(),
  }),
})
const eventSchema = z.object({ involvedObject: z.object({ name: text }), reason: text, message: text.nullish() })
type Pod = z.infer<typeof podSchema>
type Conditions = z.infer<typeof conditions>

/** The newest Job of each seat of a home. Pure. */
export function parseKubeJobs({ jobs, pods, events }: Listed, home: string): ReadonlyMap<string, KubeJob> {
  const podsOf = new Map(
    parsedBy(podSchema, pods).flatMap((pod) => nameOf(pod.metadata, home).map((name) => [name.job, pod])),
  )
  const refusals = new Map(
    parsedBy(eventSchema, events).map(({ involvedObject, reason, message }) => [
      involvedObject.name,
      words(reason, message),
    ]),
  )
  const found = new Map<string, KubeJob>()
  for (const job of parsedBy(jobSchema, jobs)) {
    for (const { seat, attempt, job: name } of nameOf(job.metadata, home)) {
      if ((found.get(seat)?.attempt ?? -1) > attempt) continue
      const pod = podsOf.get(name)
      found.set(seat, { attempt, pod: pod?.metadata.name ?? '', state: stateOf(job, pod, refusals.get(name)) })
    }
  }
  return found
}

/** Jobs that have no pod, and are to have one: why is told by events alone. Pure. */
export const withoutPod = (jobs: ReadonlyMap<string, KubeJob>): boolean =>
  [...jobs.values()].some(({ pod, state }) => pod === '' && state.kind === 'queued')

/** What is ours by its labels, and is called as we call it. */
function nameOf({ labels: its }: z.infer<typeof metadata>, home: string) {
  const seat = its?.[labels.seat] ?? ''
  const attempt = its?.[labels.attempt] ?? ''
  if (!seatPattern.test(seat) || !seat.startsWith(`${home}-`) || !/^\d{1,6}$/.test(attempt)) return []
  return [{ seat, attempt: Number(attempt), job: jobName(seat, Number(attempt)) }]
}

function stateOf(job: z.infer<typeof jobSchema>, pod: Pod | undefined, refusal: string | undefined): JobState {
  const node = pod?.spec.nodeName ?? ''
  const isLeft = pod !== undefined && !isOver(pod)
  if (job.metadata.deletionTimestamp != null) return { kind: 'queued', why: ending(pod) }
  const failed = met(job.status?.conditions, 'Failed') ?? met(job.status?.conditions, 'FailureTarget')
  if (failed && !isLeft) {
    const why = [failed.reason ?? 'Failed', endOf(pod)].filter(Boolean)
    return { kind: 'ended', how: why.length > 1 ? `${why[0]} (${why[1]})` : (why[0] ?? ''), node, end: 'cut' }
  }
  if (failed) return { kind: 'queued', why: ending(pod) }
  if (met(job.status?.conditions, 'Complete')) return { kind: 'ended', how: 'Complete', node, end: 'done' }
  if (!pod) return { kind: 'queued', why: refusal ?? (job.spec.suspend ? 'Suspended' : 'It has no pod yet') }
  if (pod.metadata.deletionTimestamp != null || isOver(pod)) return { kind: 'queued', why: ending(pod) }
  if (pod.status.phase === 'Running' && keeperOf(pod)?.running) return { kind: 'running', node }
  return { kind: 'queued', why: waits(pod) }
}

const isOver = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

const keeperOf = ({ status }: Pod) => status.containerStatuses?.find(({ name }) => name === container)?.state

/** The way of the pod's end; why its node was not heard of, say. */
const ending = (pod: Pod | undefined): string => {
  const why = pod && (words(pod.status.reason, pod.status.message) || unready(pod))
  return why ? `an earlier job is ending (${why})` : 'an earlier job is ending'
}

const unready = ({ status }: Pod): string => {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'Unknown' ? words(ready.reason, ready.message) : ''
}

/** Why a pod that is to run does not: what it waits for, in the words of the scheduler or of its node. */
function waits(pod: Pod): string {
  const { waiting } = keeperOf(pod) ?? {}
  const unscheduled = pod.status.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  return (
    words(waiting?.reason, waiting?.message) ||
    words(unscheduled?.reason, unscheduled?.message) ||
    words(pod.status.reason, pod.status.message) ||
    words(pod.status.phase, null) ||
    'Pending'
  )
}

/** How a pod ended that was cut off. */
function endOf(pod: Pod | undefined): string {
  if (!pod) return ''
  const disruption = met(pod.status.conditions, 'DisruptionTarget')
  const { terminated } = keeperOf(pod) ?? {}
  return (
    words(pod.status.reason, pod.status.message) ||
    words(disruption?.reason, disruption?.message) ||
    (terminated ? words(terminated.reason, `exit status ${terminated.exitCode}`) : '')
  )
}

const met = (all: Conditions, wanted: string) => all?.find(({ type, status }) => type === wanted && status === 'True')

/** How a pod that nobody follows is getting on. Pure. */
export function podPhase(
  item: unknown,
): { readonly kind: 'waits' | 'failed'; readonly why: string } | { readonly kind: 'runs' | 'succeeded' } {
  const pod = podSchema.safeParse(item).data
  if (!pod) return { kind: 'waits', why: '' }
  if (pod.status.phase === 'Succeeded') return { kind: 'succeeded' }
  if (pod.status.phase === 'Failed') return { kind: 'failed', why: endOf(pod) }
  return pod.status.phase === 'Running' ? { kind: 'runs' } : { kind: 'waits', why: waits(pod) }
}

const mostWords = 200

const words = (reason: string | null | undefined, message: string | null | undefined): string =>
  singleLineText([reason, message].filter(Boolean).join(': ')).slice(0, mostWords)

const parsedBy = <Shape>(schema: z.ZodType<Shape>, items: readonly unknown[]): readonly Shape[] =>
  items.flatMap((item) => {
    const parsed = schema.safeParse(item)
    return parsed.success ? [parsed.data] : []
  })
