import { readFile } from 'node:fs/promises'
import type { TaskFiles } from './task-files.ts'
import { broughtWorkSchema, type ToldWork } from './told-work-schema.ts'

/** What has come of the work where all that the place saved has; undefined where there is more of it there, or none was saved. */
export async function wholeWork({ broughtWork }: Pick<TaskFiles, 'broughtWork'>): Promise<ToldWork | undefined> {
  const brought = await readFile(broughtWork, 'utf8').then(
    (text) => broughtWorkSchema.parse(JSON.parse(text)),
    () => undefined,
  )
  return brought && 'saved' in brought && !brought.saved.unsaved ? brought.saved : undefined
}
