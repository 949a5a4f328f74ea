import type { IJob } from 'kubernetes-models/batch/v1'
import type { INodeSelectorTerm, IPodSpec, ISecurityContext } from 'kubernetes-models/v1'
import { homeKeyOf, type KubernetesPlace } from '../../core/task/task-place.ts'
import type { Job } from '../engine.ts'

/** By these jobs and pods are found again. Who may look into the namespace learns a home's and a task's id, and nothing else. */
export const labels = {
  home: 'microvm-orchestrator/home',
  seat: 'microvm-orchestrator/seat',
  attempt: 'microvm-orchestrator/attempt',
} as const

/** What a job is called that is the so-manieth of its seat. One that was taken already is not taken twice. */
export const jobName = (seat: string, attempt: number): string => `mvo-${seat}-${attempt}`

/** The container of a pod; each has one. */
export const container = 'keeper'

/** How long a pod that is ended may take: what is there is saved in this time. */
const graceS = 120
/** How long the cluster remembers a job that has ended. */
const rememberedS = 24 * 60 * 60
/** The user of the image; the store is this one's. */
const user = 1000

/** The Job of a keeper. Nothing of the task is in it but its seat. Pure. */
export const jobManifest = (place: KubernetesPlace, job: Job, attempt: number): IJob =>
  manifest(place, {
    name: jobName(job.seat, attempt),
    labels: { [labels.home]: homeKeyOf(job), [labels.seat]: job.seat, [labels.attempt]: String(attempt) },
    words: ['job', job.seat],
    size: { memory: `${job.memoryMiB}Mi`, cpu: String(job.cpus) },
    minutes: job.minutes,
    mostMinutes: null,
    at: job.at,
    near: job.near,
  })

/** A Job that says what its node lacks, and ends. Pure. */
export const doctorManifest = (place: KubernetesPlace, name: string): IJob =>
  manifest(place, {
    ...{ name, labels: { [doctorLabel]: name }, words: ['doctor'], size: { memory: '256Mi', cpu: '1' }, minutes: 3 },
    ...{ mostMinutes: 3, at: null, near: null },
  })

export const doctorLabel = 'microvm-orchestrator/doctor'

interface Wanted {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** For our program there. */
  readonly words: readonly string[]
  readonly size: { readonly memory: string; readonly cpu: string }
  /** From the start of its pod. */
  readonly minutes: number
  /** With the time in which its pod waits; null where that has no end. */
  readonly mostMinutes: number | null
  readonly at: string | null
  readonly near: string | null
}

function manifest(
  place: KubernetesPlace,
  { name, labels: own, words, size, minutes, mostMinutes, at, near }: Wanted,
): IJob {
  const { image, devices, store, command } = place
  const mountPath = command.at(-1) ?? ''
  const resources = { ...size, ...Object.fromEntries(devices.map((device) => [device, '1'])) }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { ...own } },
    spec: {
      // One that Kubernetes began anew by itself would find an empty seat on another node, and the work would wait on the first.
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: rememberedS,
      ...(mostMinutes !== null && { activeDeadlineSeconds: mostMinutes * 60 }),
      template: {
        metadata: { labels: { ...own } },
        spec: {
          restartPolicy: 'Never',
          // That of the Job would run while its pod waits for a node, too.
          activeDeadlineSeconds: minutes * 60,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: graceS,
          // Pods of a node share its slots, and know by their processes which are in use.
          hostPID: true,
          ...affinityOf(at, near),
          containers: [
            {
              name: container,
              image,
              command: [...command],
              args: [...words],
              env: [
                { name: 'MVO_NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                // The guest image stays with the store.
                { name: 'XDG_CACHE_HOME', value: `${mountPath}/cache` },
              ],
              resources: { requests: resources, limits: resources },
              securityContext: securityOf(devices),
              volumeMounts: [{ name: 'store', mountPath }],
            },
          ],
          volumes: [
            store.kind === 'host-path'
              ? { name: 'store', hostPath: { path: store.path, type: 'Directory' } }
              : { name: 'store', persistentVolumeClaim: { claimName: store.claim } },
          ],
        },
      },
    },
  } satisfies IJob
}

/** Helpers of a machine make namespaces and mounts of their own, which the usual profiles of containers forbid. */
const securityOf = (devices: readonly string[]): ISecurityContext =>
  devices.length === 0
    ? { privileged: true, runAsUser: user, runAsGroup: user }
    : {
        ...{ runAsUser: user, runAsGroup: user, runAsNonRoot: true, allowPrivilegeEscalation: true },
        capabilities: { drop: ['ALL'], add: ['SETUID', 'SETGID'] },
        seccompProfile: { type: 'Unconfined' },
        appArmorProfile: { type: 'Unconfined' },
      }

/** Nodes by their names as the cluster has them, which need not be their host names. */
function affinityOf(at: string | null, near: string | null): Pick<IPodSpec, 'affinity'> {
  const named = (node: string): INodeSelectorTerm => ({
    matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }],
  })
  if (at !== null)
    return {
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [named(at)] } },
      },
    }
  if (near === null) return {}
  return {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: named(near) }],
      },
    },
  }
}
