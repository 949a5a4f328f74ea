import { dirname, join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { excludeFromBackups } from '../lib/files/exclude-from-backups.ts'
import { lockFile } from '../lib/files/file-lock.ts'
import { chooseGuest } from './choose-guest.ts'
import type { Problem } from './driver.ts'
import type { GuestImage } from './image/image-source.ts'

export type { GuestImage } from './image/image-source.ts'

/** Another builder may be at it on a slow line. */
const longestBuildMs = 60 * 60_000

/**
 * The image of exactly these sources; undefined when it was not built yet.
 * @throws AppError('image-failed') when it is there and cannot be used.
 */
export async function findGuestImage(cacheDirectory: string, source = chooseGuest()): Promise<GuestImage | undefined> {
  const key = await source.key()
  return await source.read(imageDirectory(cacheDirectory, key), key)
}

export interface EnsureOptions {
  readonly cacheDirectory: string
  /** One line for a person, a few of them a minute. */
  readonly onProgress: (line: string) => void
}

/**
 * The cached image, or a new one. Of two callers in two processes one builds and the other waits for it. When the signal
 * fires nothing is left behind.
 * @throws AppError('image-failed') with the log's path.
 */
export async function ensureGuestImage(
  options: EnsureOptions,
  signal?: AbortSignal,
  source = chooseGuest(),
): Promise<GuestImage> {
  const { cacheDirectory, onProgress } = options
  const key = await source.key()
  const directory = imageDirectory(cacheDirectory, key)
  const find = () => source.read(directory, key)
  const cached = await find()
  if (cached) return cached
  await using lock = await lockFile(directory, longestBuildMs, signal)
  const builtMeanwhile = await find()
  if (builtMeanwhile) return builtMeanwhile
  lock.assertHeld()
  await excludeFromBackups(dirname(directory))
  await source.build(directory, onProgress, signal)
  const built = await find()
  if (!built) throw new AppError('image-failed', `The guest image was built, but is not in ${directory}`)
  return built
}

/** That there is no image yet, and what this host lacks to have one, and to run it. */
export async function guestImageProblems(
  { cacheDirectory }: { readonly cacheDirectory: string },
  signal?: AbortSignal,
  source = chooseGuest(),
): Promise<readonly Problem[]> {
  const image = await findGuestImage(cacheDirectory, source)
  const toRun = (await source.runProblems?.(image)) ?? []
  if (image) return toRun
  return [
    ...toRun,
    ...(await source.problems(signal)),
    {
      code: 'image-missing',
      message: 'The guest image is not here yet',
      cure: `The first task brings it in ${source.buildTakes}; microvm-orchestrator doctor --fix does so now`,
      optional: true,
    },
  ]
}

const imageDirectory = (cacheDirectory: string, key: string): string => join(cacheDirectory, 'images', key)
