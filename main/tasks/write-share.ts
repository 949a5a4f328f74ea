import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Task } from '../core/task.ts'
import { shareNames, type TaskFiles } from './task-files.ts'

/** What the guest is given to work with. */
export interface Assignment {
  /** The name of the variable that takes the key, and the key. */
  readonly key: { readonly variable: string; readonly value: string }
  /** Variables for the agent, without the key. */
  readonly variables: Readonly<Record<string, string>>
  readonly egress: 'open' | 'closed'
}

/** Lays down the files that the guest reads. The key is a file of its own, so that it can be taken away at once. */
export async function writeShare(files: TaskFiles, task: Task, assignment: Assignment): Promise<void> {
  const variables = {
    ...assignment.variables,
    MICROVM_KEY_VARIABLE: assignment.key.variable,
    MICROVM_NETWORK: assignment.egress,
    ...(task.caps?.maxCostUsd != null && { MICROVM_MAX_BUDGET_USD: String(task.caps.maxCostUsd) }),
  }
  const environment = Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('')
  await mkdir(files.share, { recursive: true, mode: 0o700 })
  await Promise.all([
    writeFile(join(files.share, shareNames.description), task.description),
    writeFile(join(files.share, shareNames.environment), environment),
    writeFile(join(files.share, shareNames.startRef), `${task.startCommit}\n`),
    writeFile(join(files.share, shareNames.key), assignment.key.value, { mode: 0o600 }),
  ])
}
