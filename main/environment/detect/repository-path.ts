import { posix } from 'node:path'

/** What a file of this folder of the repository means by a path, from the top of the repository; one that is absolute stays. Pure. */
export const resolved = (path: string, folder: string): string =>
  posix.isAbsolute(path) ? path : posix.join(folder, path).replace(/(.)\/$/, '$1')

/** Whether such a path is outside the repository. Pure. */
export const leadsOut = (path: string): boolean => posix.isAbsolute(path) || path.split('/')[0] === '..'
