import { AppError } from '../../core/failure.ts'
import type { KubernetesPlace } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { run } from '../../lib/processes/spawn.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'

const answerMs = 60_000
/** A page of what we list is some megabytes. */
const outputLimitBytes = 64 * 1024 ** 2

/** What of a place says which cluster is spoken to. */
export type Cluster = Omit<KubernetesPlace, 'command'>

/**
 * What `kubectl` has of our environment: all of it but keys for the API. It is the user's own program, and what it runs to log in to a cluster may need anything;
 * none of it becomes part of a pod.
 */
export const kubectlEnvironment = (env: NodeJS.ProcessEnv = process.env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || /^(ANTHROPIC|CLAUDE)_/.test(name) ? [] : [[name, value]],
    ),
  )

/** Words after `kubectl` for a cluster. Pure. */
export const kubectlWords = ({ context }: Pick<Cluster, 'context'>, words: readonly string[]): readonly string[] => [
  `--context=${context}`,
  ...words,
]

/** What a cluster answers in place of what was asked for, in its own words. */
export class KubeRefusal extends Error {
  override readonly name = 'KubeRefusal'
  /** Kubernetes' own word for it, such as `AlreadyExists`; empty where it has none. */
  readonly reason: string

  constructor(reason: string, said: string) {
    super(singleLineText(said).slice(0, 300))
    this.reason = reason
  }
}

/**
 * How `kubectl` tells a Status of the API server; what it says otherwise is about the way there. Pure.
 * https://github.com/kubernetes/kubectl/blob/master/pkg/cmd/util/helpers.go
 */
export function refusalIn(stderr: string): KubeRefusal | undefined {
  const [, reason = '', said = ''] = /^Error from server(?: \((\w+)\))?: ([\s\S]*)/m.exec(stderr) ?? []
  return said === '' ? undefined : new KubeRefusal(reason, said.trim())
}

interface Asked {
  readonly signal: AbortSignal
  readonly input?: string
}

/**
 * Asks the cluster once; `kubectl` itself waits as long as a busy one says (`Retry-After`). Resolves with what it printed.
 * @throws KubeRefusal for an answer of the cluster's own, AppError('place-unreachable') where it cannot be asked for now.
 */
export async function kubectl(
  place: Cluster,
  words: readonly string[],
  { signal, input = '' }: Asked,
): Promise<string> {
  const options = { env: kubectlEnvironment(), input, timeoutMs: answerMs, outputLimitBytes }
  const { ok, stdout, stderr, problem } = await run('kubectl', kubectlWords(place, words), options, signal)
  signal.throwIfAborted()
  if (ok) return stdout
  const refusal = refusalIn(stderr)
  if (!refusal || passing.has(refusal.reason))
    throw unreachablePlace(place, refusal?.message ?? (stderr || (problem ?? '')))
  throw refusal
}

/** Of a server that is busy, restarts, or does not know the user any more, who logs in again. */
const passing = new Set([
  'TooManyRequests',
  'InternalError',
  'ServiceUnavailable',
  'ServerTimeout',
  'Timeout',
  'Unauthorized',
])

/** Of what is no answer to a question for jobs: the place cannot be asked. */
export const asUnreachable = (place: Cluster, error: unknown): unknown =>
  error instanceof KubeRefusal ? unreachablePlace(place, error.message) : error

/** A job that is never taken so. */
export const refusedJob = ({ name }: Cluster, { message }: KubeRefusal): AppError =>
  new AppError('place-refused', `The place ${name} refused the job: ${message}`, {
    hint: `Change the task's limits or memory, or the place: microvm-orchestrator places add ${name}`,
  })
