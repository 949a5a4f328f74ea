import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { lockFile } from '../lib/file-lock.ts'
import { resourceDirectory } from '../lib/paths.ts'
import { findTool } from '../lib/spawn.ts'
import type { Problem } from './driver.ts'
import { buildImage } from './image/build-image.ts'
import { readImageFile } from './image/image-file.ts'
import { type Architecture, type ImageInputs, readImageInputs } from './image/inputs.ts'

/** What every guest of this host boots from; read only, one for all slots and tasks. Paths are absolute. */
export interface GuestImage {
  readonly directory: string
  /** Uncompressed. */
  readonly kernel: string
  readonly initrd: string
  /** Raw disk of the root file system, for the serial `root`. */
  readonly root: string
  /** The network's parameters are the driver's to add. */
  readonly kernelParameters: readonly string[]
  readonly claudeVersion: string
  /** Over all inputs: a new key is a new image. */
  readonly key: string
}

/** Another builder may be at it on a slow line. */
const longestBuildMs = 60 * 60_000

/**
 * The image of exactly these sources; undefined when it was not built yet.
 * @throws AppError('image-failed') when it is there and cannot be used.
 */
export async function findGuestImage(cacheDirectory: string): Promise<GuestImage | undefined> {
  return await findImage(cacheDirectory, await inputsOfThisHost())
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
export async function ensureGuestImage(options: EnsureOptions, signal?: AbortSignal): Promise<GuestImage> {
  const { cacheDirectory, onProgress } = options
  const inputs = await inputsOfThisHost()
  const cached = await findImage(cacheDirectory, inputs)
  if (cached) return cached
  const directory = imageDirectory(cacheDirectory, inputs)
  await using lock = await lockFile(directory, longestBuildMs, signal)
  const builtMeanwhile = await findImage(cacheDirectory, inputs)
  if (builtMeanwhile) return builtMeanwhile
  lock.assertHeld()
  await buildImage(inputs, { directory, onProgress }, signal)
  const built = await findImage(cacheDirectory, inputs)
  if (!built) throw new AppError('image-failed', `The guest image was built, but is not in ${directory}`)
  return built
}

/** Programs of this host that the build runs, by the package that has them. */
const buildTools = {
  mmdebstrap: 'mmdebstrap',
  'mkfs.erofs': 'erofs-utils',
  zstd: 'zstd',
  xz: 'xz-utils',
  cpio: 'cpio',
} as const

/** That there is no image yet, and what this host lacks to build one; empty when the image is there. */
export async function guestImageProblems(
  { cacheDirectory }: { readonly cacheDirectory: string },
  signal?: AbortSignal,
): Promise<readonly Problem[]> {
  if (await findGuestImage(cacheDirectory)) return []
  const problems: Problem[] = []
  for (const [tool, name] of Object.entries(buildTools)) {
    signal?.throwIfAborted()
    if (await findTool(tool)) continue
    problems.push({
      code: `${name}-missing`,
      message: `${tool} is missing; it takes part in building the guest image`,
      cure: `apt-get install ${name}`,
      remedy: { kind: 'packages', names: [name] },
    })
  }
  if (!(await findTool('npm'))) {
    problems.push({
      code: 'npm-missing',
      message: 'npm is missing; it fetches Claude Code for the guest image',
      cure: 'Install Node.js with npm',
    })
  }
  return [
    ...problems,
    {
      code: 'image-missing',
      message: 'The guest image is not built yet',
      cure: 'The first task builds it in a few minutes; microvm-orchestrator doctor --fix does so now',
      optional: true,
    },
  ]
}

const imageDirectory = (cacheDirectory: string, { key }: ImageInputs): string => join(cacheDirectory, 'images', key)

async function findImage(cacheDirectory: string, inputs: ImageInputs): Promise<GuestImage | undefined> {
  const directory = imageDirectory(cacheDirectory, inputs)
  const file = await readImageFile(directory)
  if (!file) return undefined
  return {
    directory,
    kernel: join(directory, file.kernel),
    initrd: join(directory, file.initrd),
    root: join(directory, file.root),
    kernelParameters: file.kernelParameters,
    claudeVersion: file.claudeVersion,
    key: inputs.key,
  }
}

async function inputsOfThisHost(): Promise<ImageInputs> {
  const architecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  return await readImageInputs(join(resourceDirectory(), 'nix'), architecture)
}
