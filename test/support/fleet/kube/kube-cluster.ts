import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { IJob, IJobCondition } from 'kubernetes-models/batch/v1'
import type { IEvent, IPod, IPodSpec, IPodStatus } from 'kubernetes-models/v1'
import { endAll, findDetached } from '../../../../main/lib/processes/find-processes.ts'
import { isSelected } from './kube-objects.ts'

interface Node {
  readonly name: string
  /** What its pods find as their store. */
  readonly folder: string
  isUp: boolean
  /** It takes no further pods. */
  isCordoned: boolean
}

interface RunningPod {
  readonly pod: IPod & { spec: IPodSpec; status: IPodStatus }
  readonly job: IJob
  node: Node | undefined
  process: ReturnType<typeof spawn> | undefined
  /** Its end as the node tells it, in place of what its program says. */
  fate: { readonly reason: string; readonly message: string } | undefined
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z')

/**
 * What stands for a cluster behind its API: controllers of jobs, a scheduler and nodes, whose pods run their programs as processes of this host, with the folder of
 * their node in place of the store. It does what Kubernetes does, and what happens to it the test decides.
 */
export class KubeCluster implements AsyncDisposable {
  readonly jobs = new Map<string, IJob>()
  readonly events: IEvent[] = []
  /** What pods have printed, by their names. */
  readonly logs = new Map<string, string>()
  /** Programs of the image, by their paths there. */
  readonly programs = new Map<string, readonly string[]>()
  readonly nodes: readonly Node[]
  readonly #pods = new Map<string, RunningPod>()
  readonly #podsOfNode: number
  /** Why pods are not made; undefined where they are. */
  quota: string | undefined
  /** Images are not to be had. */
  hasNoImages = false
  #count = 0

  private constructor(nodes: readonly Node[], podsOfNode: number) {
    this.nodes = nodes
    this.#podsOfNode = podsOfNode
  }

  static async make(root: string, names: readonly string[], podsOfNode = 4): Promise<KubeCluster> {
    const nodes = names.map((name) => ({ name, folder: join(root, name), isUp: true, isCordoned: false }))
    for (const { folder } of nodes) await mkdir(folder, { recursive: true, mode: 0o700 })
    return new KubeCluster(nodes, podsOfNode)
  }

  get pods(): readonly IPod[] {
    return [...this.#pods.values()].map(({ pod }) => pod)
  }

  /** Takes a Job that was checked, and has its controller make a pod. */
  create(job: IJob): void {
    const name = job.metadata?.name ?? ''
    this.jobs.set(name, {
      ...job,
      metadata: { ...job.metadata, uid: `uid-${name}`, creationTimestamp: now(), resourceVersion: this.#next() },
      status: {},
    })
    this.schedule()
  }

  /** What controllers and the scheduler do again and again. */
  schedule(): void {
    for (const [name, job] of this.jobs) {
      if (job.metadata?.deletionTimestamp || isOver(job) || this.#podOf(name)) continue
      if (this.quota === undefined) this.#makePod(name, job)
      else this.#refusePod(name, this.quota)
    }
    for (const each of this.#pods.values()) if (!each.node && !each.pod.metadata?.deletionTimestamp) this.#place(each)
  }

  deleteJobs(selector: string | null, name?: string): number {
    const chosen = [...this.jobs.values()].filter(
      ({ metadata }) => (name === undefined || metadata?.name === name) && isSelected(metadata?.labels, selector),
    )
    for (const job of chosen) {
      job.metadata = { ...job.metadata, deletionTimestamp: now(), finalizers: ['foregroundDeletion'] }
      const each = this.#podOf(job.metadata.name ?? '')
      if (each) this.#terminate(each)
      else this.jobs.delete(job.metadata.name ?? '')
    }
    return chosen.length
  }

  running(name: string): { readonly node: Node } | undefined {
    const found = this.#pods.get(name)
    return found?.node?.isUp && found.process && found.pod.status.phase === 'Running' ? { node: found.node } : undefined
  }

  /** The words with the store of the node in place of where its pods have it. */
  atNode({ folder }: Node, pod: IPod, words: readonly string[]): readonly string[] {
    const mounted = pod.spec?.containers[0]?.volumeMounts?.[0]?.mountPath ?? ''
    return words.map((word) =>
      word === mounted || word.startsWith(`${mounted}/`) ? folder + word.slice(mounted.length) : word,
    )
  }

  pod(name: string): IPod | undefined {
    return this.#pods.get(name)?.pod
  }

  /** The kubelet ends a pod, with its grace: the node is short of memory, say. */
  evict(name: string, reason: string, message: string): void {
    const each = this.#pods.get(name)
    if (!each) throw new Error(`There is no pod ${name}`)
    each.fate = { reason, message }
    each.process?.kill('SIGTERM')
  }

  /** A node loses power: what it ran is gone, and after a while its pods are to be deleted, which nobody there can. */
  async loseNode(name: string): Promise<void> {
    const node = this.#node(name)
    node.isUp = false
    for (const each of this.#pods.values()) {
      if (each.node !== node) continue
      if (each.process) killAll(each.process)
      each.pod.metadata = { ...each.pod.metadata, deletionTimestamp: now() }
      each.pod.status = {
        ...each.pod.status,
        reason: 'NodeLost',
        message: `Node ${name} which was running pod is unresponsive`,
        conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }],
      }
    }
    await endAll(await findDetached(node.folder), AbortSignal.timeout(20_000))
  }

  /** It comes back, and what it ran is found to have ended. */
  bootNode(name: string): void {
    const node = this.#node(name)
    node.isUp = true
    for (const each of this.#pods.values())
      if (each.node === node && each.pod.metadata?.deletionTimestamp) this.#hasEnded(each, 137)
    this.schedule()
  }

  /** No pods begin there any more, or do again. */
  cordon(name: string, isOff: boolean): void {
    this.#node(name).isCordoned = isOff
    this.schedule()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process } of this.#pods.values()) if (process) killAll(process)
    for (const { folder } of this.nodes) await endAll(await findDetached(folder), AbortSignal.timeout(20_000))
  }

  #node(name: string): Node {
    const found = this.nodes.find((node) => node.name === name)
    if (!found) throw new Error(`There is no node ${name}`)
    return found
  }

  #next(): string {
    this.#count += 1
    return String(this.#count)
  }

  #podOf(job: string): RunningPod | undefined {
    return [...this.#pods.values()].find((each) => each.job.metadata?.name === job)
  }

  #refusePod(job: string, message: string): void {
    const name = `${job}.${this.#next()}`
    if (this.events.some(({ involvedObject }) => involvedObject.name === job)) return
    this.events.push({
      ...{
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: 'team' },
        reason: 'FailedCreate',
        type: 'Warning',
      },
      ...{ involvedObject: { kind: 'Job', name: job, namespace: 'team' }, message, lastTimestamp: now() },
    })
  }

  #makePod(name: string, job: IJob): void {
    const template = job.spec?.template
    if (!template?.spec) throw new Error('A Job has a template')
    const pod = {
      apiVersion: 'v1' as const,
      kind: 'Pod' as const,
      metadata: {
        name: `${name}-${this.#next().padStart(5, 'x')}`,
        namespace: 'team',
        creationTimestamp: now(),
        labels: { ...template.metadata?.labels, 'batch.kubernetes.io/job-name': name, 'job-name': name },
      },
      spec: structuredClone(template.spec),
      status: { phase: 'Pending' } as IPodStatus,
    }
    this.#pods.set(pod.metadata.name, { pod, job, node: undefined, process: undefined, fate: undefined })
  }

  #place(each: RunningPod): void {
    const { nodeAffinity } = each.pod.spec.affinity ?? {}
    const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    const wished =
      nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.map(({ preference }) => preference) ?? []
    const isNamed = ({ name }: Node, terms: typeof wished): boolean =>
      terms.some(({ matchFields = [] }) =>
        matchFields.every(({ key, operator, values = [] }) => {
          if (key !== 'metadata.name' || operator !== 'In') throw new Error(`No node is known by ${key} ${operator}`)
          return values.includes(name)
        }),
      )
    const used = (node: Node): number =>
      [...this.#pods.values()].filter((other) => other.node === node && isAlive(other.pod)).length
    const fitting = this.nodes.filter(
      (node) =>
        node.isUp && !node.isCordoned && used(node) < this.#podsOfNode && (!required || isNamed(node, required)),
    )
    const node = fitting.find((one) => isNamed(one, wished)) ?? fitting[0]
    if (!node) {
      const message = `0/${this.nodes.length} nodes are available: ${this.nodes.length} Insufficient devices.kubevirt.io/kvm.`
      each.pod.status = {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      }
      return
    }
    each.node = node
    each.pod.spec.nodeName = node.name
    if (this.hasNoImages) {
      const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry.example/place:1"' }
      each.pod.status = { phase: 'Pending', containerStatuses: [{ ...statusOf(each.pod), state: { waiting } }] }
      each.node = undefined
      return
    }
    this.#start(each, node)
  }

  #start(each: RunningPod, node: Node): void {
    const [container] = each.pod.spec.containers
    const [first = '', ...rest] = this.atNode(node, each.pod, [
      ...(container?.command ?? []),
      ...(container?.args ?? []),
    ])
    const [file = '', ...args] = [...(this.programs.get(first) ?? [first]), ...rest]
    const env = Object.fromEntries(
      (container?.env ?? []).map(({ name, value, valueFrom }) => {
        if (valueFrom && valueFrom.fieldRef?.fieldPath !== 'spec.nodeName')
          throw new Error('That field is not known here')
        return [name, valueFrom ? node.name : this.atNode(node, each.pod, [value ?? ''])[0]]
      }),
    )
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      // A container ends as a whole.
      detached: true,
      env: { PATH: process.env.PATH, HOME: node.folder, ...env },
    })
    each.process = child
    const name = each.pod.metadata?.name ?? ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => this.logs.set(name, `${this.logs.get(name) ?? ''}${bytes}`))
    each.pod.status = {
      phase: 'Running',
      startTime: now(),
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ ...statusOf(each.pod), ready: true, state: { running: { startedAt: now() } } }],
    }
    child.once('error', () => {
      each.process = undefined
      this.#hasEnded(each, 128)
    })
    child.once('close', (code, signal) => {
      if (each.process !== child) return
      killAll(child)
      each.process = undefined
      if (node.isUp) this.#hasEnded(each, code ?? (signal === 'SIGKILL' ? 137 : 143))
    })
  }

  #terminate(each: RunningPod): void {
    each.pod.metadata = { ...each.pod.metadata, deletionTimestamp: now() }
    if (each.process) each.process.kill('SIGTERM')
    else this.#hasEnded(each, 0)
  }

  #hasEnded(each: RunningPod, exitCode: number): void {
    const { pod, job, fate } = each
    const failed = exitCode !== 0 || fate !== undefined
    const terminated = { exitCode, reason: failed ? 'Error' : 'Completed' }
    pod.status = {
      ...{ phase: failed ? 'Failed' : 'Succeeded', containerStatuses: [{ ...statusOf(pod), state: { terminated } }] },
      ...fate,
    }
    const name = job.metadata?.name ?? ''
    const kept = this.jobs.get(name)
    if (pod.metadata?.deletionTimestamp) this.#pods.delete(pod.metadata?.name ?? '')
    if (!kept) return
    if (kept.metadata?.deletionTimestamp) this.jobs.delete(name)
    else {
      const condition: IJobCondition = failed
        ? {
            type: 'Failed',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
          }
        : { type: 'Complete', status: 'True' }
      kept.status = { conditions: [condition], [failed ? 'failed' : 'succeeded']: 1 }
    }
    this.schedule()
  }
}

/** A program with all that it started in its own group. */
function killAll({ pid }: ReturnType<typeof spawn>): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

const isOver = ({ status }: IJob): boolean => status?.conditions?.some(({ status: met }) => met === 'True') ?? false

const isAlive = ({ status }: { readonly status: IPodStatus }): boolean =>
  status.phase === 'Running' || status.phase === 'Pending'

const statusOf = ({ spec }: { readonly spec: IPodSpec }) => ({
  ...{ name: spec.containers[0]?.name ?? '', image: spec.containers[0]?.image ?? '', imageID: '' },
  ...{ ready: false, restartCount: 0 },
})
