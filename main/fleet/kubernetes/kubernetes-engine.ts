import type { KubernetesPlace } from '../../core/task/task-place.ts'
import { endedPipe, pipeProgram } from '../../lib/processes/pipe-program.ts'
import type { Engine, JobState } from '../engine.ts'
import { container, jobManifest, labels } from './job-manifest.ts'
import { type KubeJob, parseKubeJobs, withoutPod } from './kube-jobs.ts'
import { asUnreachable, KubeRefusal, kubectl, kubectlEnvironment, kubectlWords, refusedJob } from './kubectl.ts'
import { listAll } from './list-all.ts'

/** Of jobs that somebody deleted as many are remembered. */
const mostDeleted = 1_000

/** A namespace of a Kubernetes cluster. @param home names this home there. */
export function kubernetesEngine(place: KubernetesPlace, home: string): Engine {
  const { namespace, command } = place
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`
  const corePath = `/api/v1/namespaces/${namespace}`
  const ours = `labelSelector=${encodeURIComponent(`${labels.home}=${home}`)}`
  let jobs: ReadonlyMap<string, KubeJob> = new Map()
  /** A Job that is deleted leaves nothing to look at. */
  const deleted = new Map<string, JobState>()

  const remember = (found: ReadonlyMap<string, KubeJob>): void => {
    for (const [seat, { state }] of jobs) {
      if (found.has(seat) || state.kind === 'ended') continue
      const node = state.kind === 'running' ? state.node : ''
      deleted.set(seat, { kind: 'ended', how: 'the Job was deleted', node, end: 'cancelled' })
    }
    for (const seat of found.keys()) deleted.delete(seat)
    for (const oldest of deleted.keys()) {
      if (deleted.size <= mostDeleted) break
      deleted.delete(oldest)
    }
    jobs = found
  }

  return {
    hasQueue: true,
    submit: async (job, signal) => {
      const attempt = (jobs.get(job.seat)?.attempt ?? -1) + 1
      const input = JSON.stringify(jobManifest(place, job, attempt))
      deleted.delete(job.seat)
      try {
        await kubectl(place, ['create', `--raw=${jobsPath}?fieldValidation=Strict`, '--filename=-'], { signal, input })
      } catch (error) {
        if (!(error instanceof KubeRefusal)) throw error
        // It was taken, and the answer did not come, or this host crashed before it did.
        if (error.reason !== 'AlreadyExists') throw refusedJob(place, error)
      }
    },
    look: async (signal) => {
      const [listedJobs, pods] = await Promise.all([
        listAll(place, `${jobsPath}?${ours}`, signal),
        listAll(place, `${corePath}/pods?${ours}`, signal),
      ])
      let found = parseKubeJobs({ jobs: listedJobs, pods, events: [] }, home)
      if (withoutPod(found)) {
        // Events have no labels of ours. A cluster that keeps them from us leaves it at that the job waits.
        const query = encodeURIComponent('involvedObject.kind=Job,reason=FailedCreate')
        const events = await listAll(place, `${corePath}/events?fieldSelector=${query}`, signal).catch(() => [])
        signal.throwIfAborted()
        found = parseKubeJobs({ jobs: listedJobs, pods, events }, home)
      }
      remember(found)
      return new Map([...deleted, ...[...found].map(([seat, { state }]) => [seat, state] as const)])
    },
    attach: (seat) => {
      const { pod = '' } = jobs.get(seat) ?? {}
      if (pod === '') return endedPipe(`The namespace ${namespace} has no pod of the task`)
      const words = ['exec', '--stdin', '--quiet', `--namespace=${namespace}`, `--container=${container}`, pod]
      return pipeProgram('kubectl', kubectlWords(place, [...words, '--', ...command, 'attach', seat]), {
        env: kubectlEnvironment(),
      })
    },
    cancel: async (seat, signal) => {
      const selector = encodeURIComponent(`${labels.seat}=${seat}`)
      // The Job stays as long as its pods do.
      const path = `${jobsPath}?labelSelector=${selector}&propagationPolicy=Foreground`
      await kubectl(place, ['delete', `--raw=${path}`], { signal }).catch((error: unknown) => {
        throw asUnreachable(place, error)
      })
    },
  }
}
