import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TaskEnvironment } from '../../core/environment/environment.ts'
import type { AgentChoice } from '../../core/task/agent-choice.ts'
import { type RecordOptions, TaskRecord } from '../../tasks/record/task-record.ts'
import type { Provisions } from '../../tasks/slots/provisions.ts'
import type { PlacedAssignment } from '../protocol.ts'
import type { SeatFiles } from './seat-files.ts'

/** Puts a task on record as home gives it: to the rest of our code it is one of this host, whose repository is the seat's own. */
export async function recordAssigned(
  { task }: PlacedAssignment,
  { folder: home, taskId: id, source, environment: folder }: SeatFiles,
  options: RecordOptions,
): Promise<TaskRecord> {
  const { description, repo, createdAt, caps, holdMs, past, fork, agent, check, checkTimeoutMs, environment } = task
  if (Array.isArray(environment)) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { mode: 0o700 })
    for (const { path, text } of environment) {
      const file = join(folder, belowFolder(path))
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeFile(file, text)
    }
  }
  const record = await TaskRecord.create(
    home,
    {
      ...{ id, description, repo, repoPath: source, owner: null, createdAt, caps },
      ...(Object.keys(agent).length > 0 && { agent: agent as AgentChoice }),
      ...(holdMs !== null && { holdMs }),
      ...(fork !== null && { fork }),
      ...(check !== null && {
        mergePolicy: {
          ...{ kind: 'check', command: check },
          ...(checkTimeoutMs !== null && { timeoutMs: checkTimeoutMs }),
        } as const,
      }),
      ...(environment !== null && { environment: assignedEnvironment(environment, folder) }),
    },
    options,
  )
  if (past) await record.add({ type: 'brought-along', parkings: past.parkings, messages: past.messages })
  return record
}

function assignedEnvironment(
  environment: NonNullable<PlacedAssignment['task']['environment']>,
  folder: string,
): Exclude<TaskEnvironment, { kind: 'flake' }> {
  if (environment === 'plain') return { kind: 'plain' }
  return Array.isArray(environment)
    ? { kind: 'folder', path: folder }
    : { kind: 'devcontainer', file: environment.devcontainer }
}

/** @throws for a path that leads out of its folder. */
export function belowFolder(path: string): string {
  if (!path.startsWith('/') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'))
    return path
  throw new Error(`'${path}' cannot be a file of an environment`)
}

/** What its guest is given, of which the key stands in for the one that home has. */
export function assignedProvisions({ provisions }: PlacedAssignment, { gatewaySocket }: SeatFiles): Provisions {
  const { claudeHome, gateway, key, ...rest } = provisions
  return { ...rest, key, forwards: [], ...(claudeHome && { claudeHome }), ...(gateway && { gatewaySocket }) }
}
