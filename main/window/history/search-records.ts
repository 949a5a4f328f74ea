import { open } from 'node:fs/promises'
import pMap from 'p-map'
import type { TaskRow } from '../../../preload/live-state.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { taskFiles } from '../../tasks/record/task-files.ts'

/** Of a longer record only its beginning is looked into; the task's text is there. */
const searchedBytes = 1024 ** 2
const atOnce = 8

export interface SearchOptions {
  readonly home: string
  readonly read: (id: TaskId) => Promise<Task>
}

/**
 * The ids of those tasks whose text, summary or refs have all words. A record that cannot have them, since its bytes do not, is not parsed.
 * @param words in lower case. @throws the signal's reason
 */
export async function searchRecords(
  rows: readonly TaskRow[],
  words: readonly string[],
  { home, read }: SearchOptions,
  signal: AbortSignal,
): Promise<ReadonlySet<TaskId>> {
  const written = words.map((word) => JSON.stringify(word).slice(1, -1))
  const found = await pMap(
    rows,
    async ({ id }) => {
      const bytes = (await beginningOf(taskFiles(home, id).events)).toLowerCase()
      if (!written.every((word) => bytes.includes(word))) return []
      const task = await read(id).catch(() => undefined) // It was cleaned up meanwhile.
      return task && hasAll(textOf(task), words) ? [id] : []
    },
    { concurrency: atOnce, signal },
  )
  return new Set(found.flat())
}

async function beginningOf(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(searchedBytes), 0, searchedBytes, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return '' // It was cleaned up meanwhile.
  }
}

const textOf = ({ description, result, work }: Task): string =>
  [
    description,
    result?.summary,
    result?.error,
    work?.ref,
    ...(work?.also ?? []).map(({ ref }) => ref),
    ...(work?.filesChanged ?? []),
  ]
    .join('\n')
    .toLowerCase()

const hasAll = (text: string, words: readonly string[]): boolean => words.every((word) => text.includes(word))
