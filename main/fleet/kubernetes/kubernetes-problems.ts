import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { KubernetesPlace } from '../../core/task/task-place.ts'
import { freeNodeS, type PlaceProblem, problemsIn, unseenNode as unseen } from '../set-up/doctor-lines.ts'
import { container, doctorLabel, doctorManifest } from './job-manifest.ts'
import { podPhase } from './kube-jobs.ts'
import { KubeRefusal, kubectl } from './kubectl.ts'
import { listAll } from './list-all.ts'

const doctorMs = 100_000
const lookMs = 1_000

/**
 * Looks at one node, whichever the cluster gives: an administrator makes them alike. Its Job is deleted, however it ends.
 * @throws AppError('place-unreachable')
 */
export async function kubernetesProblems(
  place: KubernetesPlace,
  signal: AbortSignal = AbortSignal.timeout(doctorMs),
): Promise<readonly PlaceProblem[]> {
  const name = `mvo-doctor-${randomBytes(4).toString('hex')}`
  const { namespace } = place
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`
  try {
    const input = JSON.stringify(doctorManifest(place, name))
    await kubectl(place, ['create', `--raw=${jobsPath}?fieldValidation=Strict`, '--filename=-'], { signal, input })
    const pod = await ended(place, name, signal)
    if ('why' in pod) return [unseenNode(pod.why)]
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}/log?container=${container}&limitBytes=1048576`
    const found = problemsIn(await kubectl(place, ['get', `--raw=${path}`], { signal }))
    return pod.hasFailed && found.length === 0 ? [unseenNode(pod.said || 'its program said nothing')] : found
  } catch (error) {
    if (error instanceof KubeRefusal) return [unseenNode(error.message)]
    throw error
  } finally {
    const path = `${jobsPath}/${name}?propagationPolicy=Background`
    await kubectl(place, ['delete', `--raw=${path}`], { signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
  }
}

interface Ended {
  readonly name: string
  readonly hasFailed: boolean
  readonly said: string
}

const namedSchema = z.object({ metadata: z.object({ name: z.string() }) })

/** The pod of the doctor once it has ended, or why it has not begun. */
async function ended(
  place: KubernetesPlace,
  name: string,
  signal: AbortSignal,
): Promise<Ended | { readonly why: string }> {
  const path = `/api/v1/namespaces/${place.namespace}/pods?labelSelector=${encodeURIComponent(`${doctorLabel}=${name}`)}`
  const since = performance.now()
  for (;;) {
    const [item] = await listAll(place, path, signal)
    const phase = podPhase(item)
    const { data } = namedSchema.safeParse(item)
    if (data && (phase.kind === 'succeeded' || phase.kind === 'failed'))
      return {
        name: data.metadata.name,
        hasFailed: phase.kind === 'failed',
        said: phase.kind === 'failed' ? phase.why : '',
      }
    if (phase.kind === 'waits' && performance.now() - since > freeNodeS * 1_000) return { why: phase.why }
    await sleep(lookMs, undefined, { signal })
  }
}

const unseenNode = (why: string): PlaceProblem =>
  unseen(
    why,
    'The namespace, the image, the devices and the store must be there: docs/places.md says how an administrator prepares a cluster. Where all nodes are busy, try again later',
  )
