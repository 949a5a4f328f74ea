import { act } from '../api.ts'
import { addRepository } from './adding.ts'
import { go } from './navigation.ts'
import { showNotice } from './notices.ts'

/** Has a task write and try what the repository's other tasks are to work in. */
export async function setUpRepository(repo: string): Promise<void> {
  const started = await act('setUpRepository', { repo })
  if (!started) return
  showNotice({ title: 'Claude sets it up', body: `Task ${started.id} in ${repo} waits for your review`, place: null })
  go({ view: 'task', id: started.id })
}

/** The same with a folder that is not registered yet. */
export async function addAndSetUp(path: string): Promise<void> {
  const alias = await addRepository(path, 'auto')
  if (alias !== undefined) await setUpRepository(alias)
}
