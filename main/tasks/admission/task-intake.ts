import type { Attempt } from '../../core/attempts/attempt.ts'
import { AppError, type FailureCode } from '../../core/failure.ts'
import { stricterPolicy } from '../../core/merge/merge-policy.ts'
import { validateDescription } from '../../core/task/description.ts'
import { localPlace } from '../../core/task/place-order.ts'
import type { Resolves, TaskId } from '../../core/task/task.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import type { TaskPlace } from '../../core/task/task-place.ts'
import { portableStart } from '../../git/clone/portable-start.ts'
import type { RegisteredRepository, RunRequest } from '../contract.ts'
import type { Chosen } from '../environments/choose-environment.ts'
import { chooseStart } from '../environments/choose-start.ts'
import type { Lifetime } from '../lifetime.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { type RecordOptions, TaskRecord } from '../record/task-record.ts'
import type { UnfinishedTasks } from '../record/unfinished-tasks.ts'
import { identityOf } from '../record/whose-repository.ts'
import { tasksFolderOf, workFolderFor } from '../record/work-places.ts'
import type { TaskFollower } from '../run/task-follower.ts'
import { acceptedCaps, addNote, type Places, type RunnerContext } from '../run/task-run.ts'
import type { KeyAt, Provisions } from '../slots/provisions.ts'
import type { SlotLease, SlotPool } from '../slots/slot-pool.ts'
import type { WarmMachines } from '../slots/warm-machines.ts'
import type { Admission } from './admission.ts'
import { requireSpace } from './disk-space.ts'
import type { HostCheck } from './host-check.ts'
import type { WaitingRoom } from './waiting-room.ts'
import { askedOrder, chooseRoom, type PlaceOrder, usualOrder, without } from './where-to-run.ts'

/** What of the orchestrator's options says whether a task is accepted. Read at each use: settings may change. */
interface IntakeRules extends Pick<RunnerContext, 'home' | 'limits'> {
  readonly slots: SlotPool
  readonly repositories: { find(alias: string): Promise<RegisteredRepository> }
  readonly provisions: (repoPath: string, place?: KeyAt) => Promise<Provisions>
  readonly places?: Places
  readonly placeOrder?: readonly string[]
  readonly queue?: boolean
  readonly tasksFolder?: string | null
}

export interface IntakeOptions {
  readonly rules: IntakeRules
  readonly catalog: TaskCatalog
  readonly unfinished: UnfinishedTasks
  readonly host: HostCheck
  readonly warm: WarmMachines
  readonly admission: Admission
  readonly waiting: WaitingRoom
  readonly follower: TaskFollower
  readonly recordOptions: RecordOptions
  readonly lifetime: Pick<Lifetime, 'isOver'>
}

/** Accepts tasks: checks what is asked for, finds the task a slot or a place in the queue, and puts it on record. */
export class TaskIntake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** @param role what it is for beside its text. @throws AppError that says why the task is refused. */
  async accept(request: RunRequest, role: Pick<Asked, 'resolves' | 'judges'> = {}): Promise<TaskId> {
    const { rules } = this.#options
    const hasRole = role.resolves !== undefined || role.judges !== undefined
    const order =
      askedOrder(request) ??
      (hasRole ? undefined : await usualOrder(request, await rules.repositories.find(request.repo), rules))
    return await this.#acceptAt(request, order, role)
  }

  /** At the first that has room when it comes to it: others may have come first meanwhile, and a place may be unable to run the task. */
  async #acceptAt(
    request: RunRequest,
    order: PlaceOrder | undefined,
    role: Pick<Asked, 'resolves' | 'judges'>,
  ): Promise<TaskId> {
    const place = order && (await this.#chooseOf(order, request))
    const others = order && place !== undefined ? without(order, place) : undefined
    try {
      return await this.admit({ ...(await this.#checkAt(request, place)), ...role })
    } catch (error) {
      if (!others || !isOfPlace(error)) throw error
      return await this.#acceptAt(request, others, role).catch((later: unknown) => {
        // What keeps it from the better place is what its user wants to know.
        throw isOfPlace(later) ? error : later
      })
    }
  }

  async #chooseOf(order: PlaceOrder, { queue }: RunRequest): Promise<string> {
    const { rules, admission, waiting } = this.#options
    const [first] = order
    if (order.length === 1) return first
    const mayWaitHere = queue ?? rules.queue ?? false
    return await chooseRoom(order, {
      places: placesOf(rules),
      mayWaitHere,
      hasRoomHere: async () => !(mayWaitHere && waiting.holdsBack) && (await admission.hasRoom()),
    })
  }

  /** Resolves with all that is needed to admit the task; nothing is on record. @throws AppError that says why the task is refused. */
  async check(request: RunRequest): Promise<Asked> {
    const order = askedOrder(request)
    return await this.#checkAt(request, order && (await this.#chooseOf(order, request)))
  }

  async #checkAt(request: RunRequest, place: string | undefined): Promise<Asked> {
    const { rules, catalog, host, lifetime } = this.#options
    if (lifetime.isOver) throw new AppError('interrupted', 'The orchestrator is shutting down')
    validateDescription(request.description)
    const repository = await rules.repositories.find(request.repo)
    const { path } = repository
    const { home, tasksFolder } = rules
    const wished = request.setsUp ? { ...repository, environment: { kind: 'plain' } as const } : repository
    const { base, ...chosen } = await chooseStart(wished, { name: request.base, home })
    await requireSpace([home, path, ...(tasksFolder ? [tasksFolderOf(tasksFolder)] : [])], rules.limits.minFreeGiB ?? 0)
    if (place !== undefined && place !== localPlace)
      return await this.#checkForPlace(place, { request, repository, chosen, ...(base && { base }) })
    const provisions = await rules.provisions(path)
    await host.require(provisions)
    for (const id of request.after ?? []) await catalog.get(id)
    return { request, repository, provisions, chosen, ...(base && { base }) }
  }

  /** One that runs elsewhere needs nothing of this host but room for what comes home. */
  async #checkForPlace(
    name: string,
    asked: Omit<Asked, 'provisions' | 'resolves' | 'judges' | 'attempt' | 'place'>,
  ): Promise<Asked> {
    const { rules } = this.#options
    const { request, repository, base, chosen } = asked
    const { path } = repository
    const { queue, priority } = request
    // Of several places, and of those that nobody named, one may be this host.
    if (request.place === name && (queue === true || priority !== undefined))
      throw new AppError('argument-invalid', 'A task at a place waits there, and not in the queue of this host', {
        hint: 'Leave out queue and priority, or the place',
      })
    for (const id of request.after ?? []) await this.#options.catalog.get(id)
    const place = await placesOf(rules).find(name)
    const provisions = await rules.provisions(path, place)
    await portableStart({ repoPath: path, base, needsFlake: chosen.environment.kind === 'flake' })
    return { ...asked, provisions, place }
  }

  async #admitAtPlace(asked: Asked, { homeKey, ...place }: NonNullable<Asked['place']>): Promise<TaskId> {
    const { rules, catalog, unfinished, waiting, follower } = this.#options
    const { after, plan } = asked.request
    const id = catalog.newId()
    const workFolder = await workFolderFor(rules.tasksFolder ?? null, id)
    unfinished.note(id, asked.repository.path)
    try {
      const waits = after !== undefined || plan !== undefined
      const at = { id, waits, workFolder, lease: null, place: { ...place, seat: `${homeKey}-${id}` } }
      const record = await this.#create(asked, at)
      catalog.put(record.task)
      if (waits) {
        waiting.add(record)
        waiting.callNext()
      } else follower.beginAtPlace(record)
      return id
    } catch (error) {
      if (!follower.running.has(id)) await unfinished.remove(id)
      throw error
    }
  }

  /** Resolves when the task is on record: with a slot, or among those that wait. @throws AppError('slots-busy' | 'memory-short' | 'disk-full') */
  async admit(asked: Asked): Promise<TaskId> {
    if (asked.place) return await this.#admitAtPlace(asked, asked.place)
    const { rules, catalog, unfinished, warm: machines, admission, waiting, follower } = this.#options
    const { request, repository, provisions } = asked
    const { path } = repository
    const comesAfter = request.after !== undefined || request.plan !== undefined
    const mayWait = comesAfter || (request.queue ?? rules.queue ?? false)
    // One that is ready to wait overtakes no task that waits already.
    const warm = comesAfter || (mayWait && waiting.holdsBack) ? undefined : machines.take(path)
    const waits = mayWait && !warm
    const id = warm?.id ?? catalog.newId()
    const lease = waits ? null : warm ? rules.slots.reclaim(warm.slot, id) : await admission.admit(path, id)
    try {
      const workFolder = warm ? warm.workFolder : await workFolderFor(rules.tasksFolder ?? null, id)
      unfinished.note(id, path)
      const record = await this.#create(asked, { id, waits, workFolder, lease })
      if (lease === null) {
        catalog.put(record.task)
        waiting.add(record)
        waiting.callNext()
        return id
      }
      follower.begin(record, lease, provisions, warm)
      return id
    } catch (error) {
      if (!follower.running.has(id)) {
        await warm?.end()
        lease?.[Symbol.dispose]()
        await unfinished.remove(id)
      }
      throw error
    }
  }

  async #create(
    { request, repository, base, resolves, attempt, judges, chosen }: Asked,
    { id, waits, workFolder, lease, place }: Place,
  ): Promise<TaskRecord> {
    const { rules, recordOptions } = this.#options
    const { description, owner, caps = {}, priority, agent, holdMs, after, plan, retries, setsUp } = request
    const { alias, path, mergePolicy: current = { kind: 'auto' } } = repository
    // What another task's work had to pass, it has to pass also where this one brings it.
    const required = setsUp ? ({ kind: 'review' } as const) : (resolves?.policy ?? { kind: 'auto' as const })
    const mergePolicy = stricterPolicy(required, current)
    const identity = await identityOf(path)
    const { environment } = chosen
    const record = await TaskRecord.create(
      rules.home,
      {
        id,
        description,
        repo: alias,
        repoPath: path,
        owner: owner ?? null,
        createdAt: new Date().toISOString(),
        caps: acceptedCaps(rules.limits, caps),
        ...(agent && { agent }),
        ...(base && { base }),
        ...(holdMs !== undefined && { holdMs }),
        ...(waits && { queue: { priority: priority ?? 0 } }),
        ...(mergePolicy.kind !== 'auto' && { mergePolicy }),
        ...(environment.kind !== 'flake' && { environment }),
        ...(after && { after }),
        ...(plan && { plan }),
        ...(retries !== undefined && { retries }),
        ...(attempt && { attempt }),
        ...(judges !== undefined && { judges }),
        ...(setsUp && { setsUp }),
        ...(resolves && { resolves }),
        ...(identity && { repository: identity }),
        ...(workFolder !== undefined && { workFolder }),
        ...(place && { place }),
      },
      recordOptions,
      lease ? [{ type: 'slot-leased', slot: lease.slot }] : [],
    )
    for (const note of chosen.notes) await addNote(record, note)
    return record
  }
}

/** A request that was found good. */
export interface Asked {
  readonly request: RunRequest
  readonly repository: RegisteredRepository
  readonly provisions: Provisions
  readonly base?: TaskBase | undefined
  readonly chosen: Chosen
  readonly resolves?: Resolves
  readonly attempt?: Attempt
  /** The group of attempts among which it chooses. */
  readonly judges?: string
  /** Another machine, in place of this host. */
  readonly place?: Awaited<ReturnType<Places['find']>>
}

interface Place {
  readonly id: TaskId
  readonly waits: boolean
  readonly workFolder: string | undefined
  /** Of this host, where it has one at once. */
  readonly lease: SlotLease | null
  readonly place?: TaskPlace
}

/** Whether a task that is refused so may run elsewhere. */
function isOfPlace(error: unknown): boolean {
  const ofPlace: readonly FailureCode[] = [
    'slots-busy',
    'memory-short',
    'host-incomplete',
    'repository-invalid',
    'place-refused',
  ]
  return error instanceof AppError && ofPlace.includes(error.code)
}

function placesOf({ places }: Pick<IntakeRules, 'places'>): Places {
  if (places) return places
  throw new AppError('place-unknown', 'This orchestrator has no places')
}
