import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { allSlots } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { statusOf, type TaskStatus } from '../../core/task/view.ts'
import { allocatedBytes } from '../../lib/files/allocated-bytes.ts'
import { preparedFolder } from '../environments/prepared-disks.ts'
import { filesOf } from '../record/task-files.ts'
import { readUndeleted, type Undeleted } from './deletions.ts'

/** Bytes that are really taken on disk. */
export type DiskUsage = {
  total_bytes: number
  slots: { slot: number; bytes: number }[]
  /** Oldest first. */
  tasks: { task_id: string; repo: string; status: TaskStatus; bytes: number }[]
  /** By the key of their inputs. */
  images: { key: string; bytes: number }[]
  tools: { name: string; bytes: number }[]
  /** Of all prepared environments together. */
  environments_bytes: number
  /** Of cleaned-up tasks and old images: what could not be deleted yet. Not in the sum where it is counted above. */
  left: Undeleted[]
}

export interface DiskPlaces {
  readonly home: string
  /** Of images and tools; left out, they are not looked at. */
  readonly cacheDirectory?: string
}

export async function diskUsage({ home, cacheDirectory }: DiskPlaces, tasks: readonly TaskBrief[]): Promise<DiskUsage> {
  const slots: DiskUsage['slots'] = []
  for (const slot of allSlots) slots.push({ slot, bytes: await allocatedBytes(join(home, 'slots', String(slot))) })
  const ofTasks: DiskUsage['tasks'] = []
  for (const task of tasks) {
    const { id, repo, state } = task
    const bytes = await takenBy(task)
    ofTasks.push({ task_id: id, repo, status: statusOf(state), bytes })
  }
  const images = (await measured(cacheDirectory, 'images'))
    // Beside the images lie logs of builds that failed, and locks.
    .filter(({ name }) => imageKey.test(name))
    .map(({ name, bytes }) => ({ key: name, bytes }))
  const tools = await measured(cacheDirectory, 'tools')
  const environments = await allocatedBytes(preparedFolder(home))
  const left = [...((await readUndeleted(home)) ?? [])]
  return {
    total_bytes: [...slots, ...ofTasks, ...images, ...tools].reduce((sum, { bytes }) => sum + bytes, environments),
    slots: slots.filter(({ bytes }) => bytes > 0),
    ...{ tasks: ofTasks, images, tools, environments_bytes: environments, left },
  }
}

/** Both its folders, where it has two. */
async function takenBy(task: TaskBrief): Promise<number> {
  const { folder, workFolder } = filesOf(task)
  const bytes = await allocatedBytes(folder)
  return workFolder === folder ? bytes : bytes + (await allocatedBytes(workFolder))
}

/** What `GuestImage.key` looks like, and what has come of an image that was not fetched whole. */
const imageKey = /^[0-9a-f]{20}(\.part)?$/

async function measured(
  cacheDirectory: string | undefined,
  folder: string,
): Promise<{ name: string; bytes: number }[]> {
  if (cacheDirectory === undefined) return []
  const path = join(cacheDirectory, folder)
  const found: { name: string; bytes: number }[] = []
  for (const name of await readdir(path).catch(() => [])) {
    found.push({ name, bytes: await allocatedBytes(join(path, name)) })
  }
  return found
}
