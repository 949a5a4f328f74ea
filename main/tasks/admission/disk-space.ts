import { AppError } from '../../core/failure.ts'
import { freeBytes } from '../../lib/files/disk-space.ts'

const gibibyte = 1024 ** 3

/** Where tasks write: the home with the disks of the slots, and the repositories with the tasks' folders. */
export interface Shortage {
  readonly path: string
  readonly freeGiB: number
}

/** The folders whose file system has less than that free. */
export async function findShortages(paths: readonly string[], minFreeGiB: number): Promise<readonly Shortage[]> {
  const all = await Promise.all(paths.map(async (path) => ({ path, freeGiB: (await freeBytes(path)) / gibibyte })))
  return all.filter(({ freeGiB }) => freeGiB < minFreeGiB)
}

/** @throws AppError('disk-full') with the figures when a task would begin with too little room. */
export async function requireSpace(paths: readonly string[], minFreeGiB: number): Promise<void> {
  const [shortage] = await findShortages(paths, minFreeGiB)
  if (!shortage) return
  throw new AppError('disk-full', `${shortageText(shortage)}; a new task needs ${minFreeGiB} GiB`, {
    hint: 'Free some disk space, or lower minFreeGiB in settings.json',
  })
}

export const shortageText = ({ path, freeGiB }: Shortage): string =>
  `Only ${freeGiB.toFixed(1)} GiB are free on the disk of ${path}`
