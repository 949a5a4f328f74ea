import { access, lstat } from 'node:fs/promises'

/** Whether something that this process can see is at the path; a link that leads nowhere is not. */
export const pathExists = (path: string): Promise<boolean> => succeeds(access(path))

/** Whether the folder has an entry of this name, wherever it may lead. */
export const entryExists = (path: string): Promise<boolean> => succeeds(lstat(path))

const succeeds = (look: Promise<unknown>): Promise<boolean> =>
  look.then(
    () => true,
    () => false, // Not there, or in a folder closed to us: not to be had either way.
  )
