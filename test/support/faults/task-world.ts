import { mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { waitNextEvent } from '../../../main/api/wait-next-event.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { TaskBrief } from '../../../main/core/task/task-brief.ts'
import { endAll, findDetached } from '../../../main/lib/processes/find-processes.ts'
import type { Consumer, Delivery } from '../../../main/tasks/events/event-consumers.ts'
import { commitFiles, gitIn } from '../git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson } from '../orchestrator.ts'
import { until } from '../until.ts'
import type { Ending, Limit, TaskModel } from './task-model.ts'

/** Leaves work uncommitted, then waits for the file that says how to end. */
const guest = `
name=$(cat $SHARE/task.md)
[ ! -s $SHARE/claude-stream.jsonl ] || echo '{"type":"system","subtype":"microvm_resumed"}' >>$SHARE/claude-stream.jsonl
cd $REPO
echo "work of $name" > $name.txt
rm -f $SHARE/.api-key
touch $SHARE/started
until [ -e $HOME/../go-$name ]; do sleep 0.05; done
. $HOME/../go-$name
`
const result = (success: boolean) =>
  `echo '${success ? successJson : successJson.replace('true', 'false').replace('null', '"No luck."')}' > $SHARE/result.json`
const commit = 'git add -A && git commit -q -m "Add $name"'

const limit = (seconds: number) =>
  `rm $HOME/../go-$name
  echo '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":'$(($(date +%s) + ${seconds}))'}}' > $SHARE/claude-stream.jsonl
  echo '{"type":"result","is_error":true,"api_error":"usage_limit_reached"}' >> $SHARE/claude-stream.jsonl
  ${result(false)}`

const endings: Readonly<Record<Ending | Limit, string>> = {
  success: `${commit} && ${result(true)}`,
  idle: `rm $name.txt && ${result(true)}`,
  failure: `${commit} && ${result(false)}`,
  conflict: `echo "$name was here" > README.md && ${commit} && ${result(true)}`,
  crash: 'kill -KILL $$',
  limit: limit(3600),
  'brief limit': limit(-3600),
}

type Started = Awaited<ReturnType<typeof startOrchestrator>>

/** A parked task whose time has come waits like any other. */
const phaseOf = ({ state }: TaskBrief, place: number): string => {
  if (state.phase === 'finished') return state.outcome.kind
  return state.phase === 'parked' && place > 0 ? 'queued' : state.phase
}

/** The real orchestrator of one run of the model, with what the commands need to find in it. */
export class TaskWorld implements AsyncDisposable {
  readonly root: string
  readonly repo: string
  readonly ids = new Map<string, TaskId>()
  readonly consumers = new Map<string, Consumer>()
  #started: Started | undefined
  #edits = 0

  private constructor(root: string, repo: string) {
    this.root = root
    this.repo = repo
  }

  static async make(): Promise<TaskWorld> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'mvm-model-')))
    const repo = await registeredRepository(root)
    await mkdir(join(root, 'run'))
    const world = new TaskWorld(root, repo)
    await world.start()
    return world
  }

  get started(): Started {
    if (!this.#started) throw new Error('The orchestrator is down')
    return this.#started
  }

  get orchestrator(): Started['orchestrator'] {
    return this.started.orchestrator
  }

  async start(): Promise<void> {
    const room = { limits: { memoryMiB: 1000, taskTimeoutMs: 3_600_000 }, hostMemory: () => Promise.resolve(2100) }
    this.#started = await startOrchestrator({ root: this.root, guest, ...room })
    for (const name of ['ada', 'bob']) this.consumers.set(name, await this.started.events.join(name, { durable: true }))
  }

  /** Lets go of what runs. */
  async shut(): Promise<void> {
    await this.started[Symbol.asyncDispose]()
    this.#started = undefined
  }

  idOf(name: string): TaskId {
    const id = this.ids.get(name)
    if (!id) throw new Error(`${name} has no id`)
    return id
  }

  nameOf(id: TaskId): string {
    return [...this.ids].find(([, known]) => known === id)?.[0] ?? id
  }

  async run(name: string, options: { readonly queue?: boolean; readonly priority?: number; readonly owner?: string }) {
    this.ids.set(name, await this.orchestrator.run({ description: name, repo: 'project', ...options }))
  }

  /** The guest goes on to its end. Before a conflict the user commits to the same lines. */
  async letGo(name: string, ending: Ending | Limit): Promise<void> {
    if (ending === 'conflict') await commitFiles(this.repo, { 'README.md': `Edit ${this.#edits++}\n` }, 'Edit')
    const path = join(this.root, 'run', `go-${name}`)
    const parkings = async () => (await this.orchestrator.get(this.idOf(name))).parkings.length
    const before = ending === 'brief limit' ? await parkings() : 0
    await writeFile(`${path}.part`, endings[ending])
    await rename(`${path}.part`, path)
    // It may work again at once, and would look as if nothing had happened yet.
    if (ending === 'brief limit') await until(async () => (await parkings()) > before)
  }

  /** A look without waiting: the delivery, or why there is none. */
  async look(consumer: string, timeoutMs = 0, signal = new AbortController().signal): Promise<Delivery | string> {
    const to = this.consumers.get(consumer)
    if (!to) throw new Error(`Nobody is called ${consumer}`)
    const waited = await waitNextEvent(this.orchestrator, to, { timeoutMs, tickMs: 1_000 }, signal)
    return waited.kind === 'event' ? waited.delivery : waited.kind
  }

  /** Waits until the guest of every task that should be working is. */
  async begun(model: TaskModel): Promise<void> {
    for (const { name } of model.listed('working'))
      await until(async () => (await this.orchestrator.get(this.idOf(name))).state.phase === 'working')
  }

  /** Waits until everything is as the model says; the difference is the error when it does not come to that. */
  async agree(model: TaskModel): Promise<void> {
    await expect.poll(() => this.#observe(), { timeout: 240_000, interval: 20 }).toEqual(this.#expected(model))
    model.settled = true
  }

  #expected(model: TaskModel) {
    const listed = model.listed()
    const working = model.listed('working').map(({ name }) => name)
    const told = model.tasks.filter(({ phase }) => !['queued', 'parked', 'working'].includes(phase))
    return {
      phases: Object.fromEntries(listed.map(({ name, phase }) => [name, phase])),
      queue: model.queue().map(({ name }) => name),
      slots: working.toSorted(),
      machines: working.toSorted(),
      told: told.map(({ name }) => name).toSorted(),
      refs: model.tasks.flatMap(({ name, ref }) => (ref ? [name] : [])).toSorted(),
      merged: model.merged.map((name) => `${name}.txt`).toSorted(),
      warnings: [],
    }
  }

  async #observe() {
    const { orchestrator, events } = this.started
    const tasks = await orchestrator.list()
    const names = (ids: readonly string[]) => ids.map((id) => this.nameOf(id as TaskId)).toSorted()
    const place = ({ id }: TaskBrief) => orchestrator.queuePosition(id) ?? 0
    const refs = await gitIn(this.repo, ['for-each-ref', '--format=%(refname:lstrip=2)', 'refs/tasks'])
    const files = await gitIn(this.repo, ['ls-tree', '--name-only', 'main'])
    const run = await readdir(join(this.root, 'run'))
    return {
      phases: Object.fromEntries(tasks.map((task) => [this.nameOf(task.id), phaseOf(task, place(task))])),
      queue: tasks
        .filter((task) => place(task) > 0)
        .sort((a, b) => place(a) - place(b))
        .map(({ id }) => this.nameOf(id)),
      slots: names(orchestrator.slots().flatMap(({ taskId }) => taskId ?? [])),
      machines: names(run.filter((name) => /^[0-9a-f]{8}$/.test(name))),
      told: names(events.read(0).map(({ taskId }) => taskId)),
      refs: names(refs.split('\n').filter((ref) => ref !== '')),
      merged: files
        .split('\n')
        .filter((file) => /^t\d+\.txt$/.test(file))
        .toSorted(),
      warnings: await orchestrator.warnings(),
    }
  }

  /** Nothing is left of it, whatever became of the run. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#started) await this.shut()
    await endAll(await findDetached(`${this.root}/`), AbortSignal.timeout(5_000))
    await rm(this.root, { recursive: true, force: true })
  }
}
