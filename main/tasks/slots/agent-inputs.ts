import { createHash } from 'node:crypto'
import type { Task } from '../../core/task/task.ts'
import { startOf } from '../../core/task/task-base.ts'
import { cloneKey } from '../../git/clone/clone-key.ts'
import type { MachineSpec } from '../../machines/driver.ts'
import { shareNames } from '../record/task-files.ts'
import { shareContents } from '../run/write-share.ts'
import type { Provisions } from './provisions.ts'

/** What the runner reads when the text of the task has come, and not before. Whatever is not named here was there when the agent was loaded. */
const readWithTheText: ReadonlySet<string> = new Set([
  'MICROVM_PROMPT_ID',
  'MICROVM_HOLD_SECONDS',
  'MICROVM_CHECK',
  'MICROVM_CHECK_SECONDS',
  'MICROVM_IDLE_BACKGROUND_SECONDS',
])

export interface AgentParts {
  readonly task: Task
  readonly provisions: Provisions
  readonly spec: MachineSpec
}

/**
 * One digest of all that an agent finds when it is loaded: the machine, the clone, what the guest is given, and the day, which the agent is told. An agent that
 * was loaded with the same digest is the one that the task would have had. Null where no agent can be loaded before the task is there.
 * @throws AppError for a repository or an environment that no task could begin in.
 */
export async function agentInputs(
  { task, provisions, spec }: AgentParts,
  signal?: AbortSignal,
): Promise<string | null> {
  if (!beginsFromNothing(task) || !hasStandIn(provisions) || hasServers(provisions)) return null
  const [clone, { variables, texts }] = await Promise.all([
    cloneKey(task.repoPath, signal),
    shareContents(task, provisions),
  ])
  if (clone === null) return null
  const inputs = {
    day: new Date().toISOString().slice(0, 10),
    clone,
    spec: { ...spec, volumes: [] },
    variables: Object.entries(variables).filter(([name]) => !readWithTheText.has(name)),
    texts: [...texts].filter(([name]) => name !== shareNames.description),
  }
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex')
}

/** At what is checked out, with no session; a dev container is built when its task comes. */
const beginsFromNothing = (task: Task): boolean =>
  task.startCommit === null &&
  startOf(task) === undefined &&
  task.parkings.length === 0 &&
  !task.fork &&
  !task.resolves &&
  task.environment?.kind !== 'devcontainer'

/** An agent has its key from its start on, and nobody waits with the user's own: it stays with the gateway. */
const hasStandIn = ({ gateway, key }: Provisions): boolean =>
  gateway?.api?.credential != null && gateway.api.credential.key !== key.value

/** Claude Code connects to them as it starts: nobody is asked for a task that may not come. */
const hasServers = ({ claudeHome }: Provisions): boolean =>
  claudeHome?.files.some(({ url }) => url !== undefined) ?? false
