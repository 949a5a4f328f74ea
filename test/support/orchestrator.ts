import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Task, TaskId } from '../../main/core/task/task.ts'
import { type Log, silentLog } from '../../main/lib/log.ts'
import type { MachineDriver } from '../../main/machines/driver.ts'
import { findRepository, listRepositories, registerRepository } from '../../main/settings/repositories.ts'
import type { RunRate } from '../../main/tasks/admission/run-rate.ts'
import { GuestLines } from '../../main/tasks/attach/guest-lines.ts'
import { openEventLog } from '../../main/tasks/events/event-log.ts'
import { Orchestrator } from '../../main/tasks/orchestrator.ts'
import { BeginProgress } from '../../main/tasks/run/begin-progress.ts'
import { HostClock } from '../../main/tasks/run/host-clock.ts'
import type { Places, RunnerContext } from '../../main/tasks/run/task-run.ts'
import type { Provisions } from '../../main/tasks/slots/provisions.ts'
import { SlotPool } from '../../main/tasks/slots/slot-pool.ts'
import { makeRepository } from './git/repositories.ts'
import { processDriver } from './machines/process-driver.ts'

export const testKey = 'sk-ant-test-key'

/** What a guest is given in place of the key, and the gateway that has it. */
export const standIn: Pick<Provisions, 'key' | 'gateway'> = {
  key: { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-the-host-has-the-key' },
  gateway: {
    hosts: [],
    api: { url: 'http://127.0.0.1:9', credential: { header: 'x-api-key', key: testKey }, serverTools: 'refuse' },
  },
}

/** A result that the runner would write, for scripts in its place. */
export const successJson = JSON.stringify({
  success: true,
  summary: 'Done.',
  files_changed: [],
  commits: 1,
  error: null,
})

/** What a guest does whose agent commits one file; the name may use shell substitutions, `before` runs first. */
export const guestThatCommits = (file: string, before = ''): string => `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
${before}
echo "from $(cat $SHARE/task.md)" > "${file}"
git add -A
git commit -q -m "Add ${file}"
echo '${successJson}' > $SHARE/result.json
`

/** A guest that may have been booted ahead of its task, and then waits for it as the runner does. */
export const guestThatWaits = (guest: string): string => `
if [ -e $SHARE/standby ]; then
  touch $SHARE/waiting
  until [ -e $SHARE/go ]; do sleep 0.02; done
fi
${guest}`

export interface OrchestratorSetup {
  readonly root: string
  /** A bash script in place of the guest, with $SHARE and $REPO. */
  readonly guest: string
  readonly provisions?: Partial<Provisions>
  readonly limits?: Partial<RunnerContext['limits']>
  readonly log?: Log
  /** MiB that the host seems to have available. */
  readonly hostMemory?: () => Promise<number>
  readonly queue?: boolean
  /** Asked each time, as the settings are. */
  readonly isQueuePaused?: () => boolean
  /** In place of the driver, which it is given. */
  readonly driver?: (driver: MachineDriver) => MachineDriver
  readonly onUsageLimit?: 'park' | 'fail'
  readonly runRate?: RunRate
  readonly resolveConflicts?: 'ask' | 'auto'
  readonly placeOrder?: readonly string[]
  readonly warmMachines?: number
  readonly prepareEnvironments?: boolean
  readonly tasksFolder?: string
  readonly linkClones?: boolean
  /** Makes the places of the home that it is given. */
  readonly places?: (home: string) => Places
}

/** The real orchestrator over real git and files, in a folder of the test's; its machines are processes of this host. */
export async function startOrchestrator({
  root,
  guest,
  provisions,
  limits,
  log = silentLog,
  driver: change = (driver) => driver,
  isQueuePaused = () => false,
  places,
  ...rest
}: OrchestratorSetup) {
  const home = join(root, 'home')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const events = await openEventLog({ directory: home, log })
  const machines = change(processDriver(join(root, 'run'), guest))
  const orchestrator = await Orchestrator.start({
    home,
    driver: machines,
    beginProgress: new BeginProgress(machines),
    log,
    clock: new HostClock(log),
    lines: new GuestLines(log),
    limits: { cpus: 1, memoryMiB: 64, bootTimeoutMs: 60_000, taskTimeoutMs: 60_000, powerOffTimeoutMs: 500, ...limits },
    resetMarginMs: 0,
    ...rest,
    ...(places && { places: places(home) }),
    get queuePaused() {
      return isQueuePaused()
    },
    events,
    slots: await SlotPool.open(join(home, 'slot-assignments.json')),
    repositories: { find: (alias) => findRepository(home, alias), list: () => listRepositories(home) },
    provisions: async () => ({
      key: { variable: 'ANTHROPIC_API_KEY', value: testKey },
      variables: {},
      egress: 'closed',
      forwards: [],
      ...provisions,
    }),
  })
  return {
    home,
    orchestrator,
    events,
    [Symbol.asyncDispose]: async () => {
      await orchestrator[Symbol.asyncDispose]()
      await events[Symbol.asyncDispose]()
    },
  }
}

/** A repository with a flake, registered under the name of its folder. */
export async function registeredRepository(root: string, name = 'project'): Promise<string> {
  const path = join(root, name)
  await makeRepository(path)
  await registerRepository(join(root, 'home'), { path })
  return path
}

/** Resolves with the task once its end is announced. */
export async function untilEnded(orchestrator: Orchestrator, id: TaskId): Promise<Task> {
  for (;;) {
    const task = await orchestrator.get(id)
    if (task.announcedSeq !== null) return task
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
