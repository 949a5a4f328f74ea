import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MergeOutcome, SalvagedWork } from '../../../main/core/merge/merge.ts'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { keepIndex } from '../../../main/git/clone/keep-index.ts'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { salvageWork } from '../../../main/git/salvage/salvage-work.ts'
import { commitFiles, type Files } from './repositories.ts'

/** A task's clone, and what the host does with it afterwards. */
export interface GitTask {
  readonly id: string
  /** The clone: the test plays the guest in it. */
  readonly workspace: string
  /** Host-only folder of the task. */
  readonly state: string
  readonly startCommit: string
  readonly branch: string | null
  readonly notes: readonly string[]
  salvage(): Promise<SalvagedWork>
  /** Salvages and merges. */
  merge(): Promise<MergeOutcome>
}

/** Clones the repository for a task whose folder lies below `folder`, outside the repository. */
export async function startTask(repoPath: string, folder: string, id = 'a1b2c3d4'): Promise<GitTask> {
  const state = join(folder, `task-${id}`)
  const workspace = join(state, 'repo')
  await mkdir(state, { recursive: true })
  const { startCommit, branch, notes, objectFormat } = await cloneWorkspace({ repoPath, workspace, taskId: id })
  const clonedIndex = join(state, 'clone-index')
  await keepIndex({ workspace, objectFormat }, clonedIndex)
  const salvage = () =>
    salvageWork({ repoPath, workspace, taskId: id, startCommit, stateDirectory: state, clonedIndex })
  return {
    id,
    workspace,
    state,
    startCommit,
    branch,
    notes,
    salvage,
    merge: async () => mergeWork({ repoPath, taskId: id, startCommit, branch, commit: (await salvage()).commit }),
  }
}

/** A task whose guest made one commit. */
export async function taskWithCommit(
  repoPath: string,
  folder: string,
  files: Files,
  { id = 'a1b2c3d4', message = 'Work of the task' } = {},
): Promise<GitTask> {
  const task = await startTask(repoPath, folder, id)
  await commitFiles(task.workspace, files, message)
  return task
}
