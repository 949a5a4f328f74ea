import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import type { Problem } from '../driver.ts'
import { buildImage } from './build-image.ts'
import { debianProblems, fetchProblems } from './debian-problems.ts'
import { fetchImage } from './fetch/fetch-image.ts'
import { type ImagePlace, imagePlace, readReleased } from './fetch/image-place.ts'
import { readImageFile } from './image-file.ts'
import type { ImageSource } from './image-source.ts'
import { type Architecture, hostArchitecture, readImageInputs } from './inputs.ts'

export interface DebianGuestOptions {
  /** The checkout's or the installed package's `nix`. */
  readonly folder: string
  /** Of the guest; left out, it is the host's. Building for another one takes an emulator of its programs on this host. */
  readonly architecture?: Architecture
  /** The setting `guestImage`: null, `build`, a URL or a folder. */
  readonly guestImage?: string | null
  readonly platform?: NodeJS.Platform
}

/** The guest made of Debian's packages: fetched where a release has built it, and else built here. */
export function debianGuest({
  folder,
  architecture = hostArchitecture,
  guestImage = null,
  platform = process.platform,
}: DebianGuestOptions): ImageSource {
  const inputs = () => readImageInputs(folder, architecture)
  const findPlace = async (): Promise<ImagePlace> => {
    const [{ key }, released] = await Promise.all([inputs(), readReleased(folder)])
    return imagePlace({ wish: guestImage, released, key, architecture, builds: platform === 'linux' })
  }
  return {
    key: async () => (await inputs()).key,

    async read(directory, key) {
      const file = await readImageFile(directory)
      if (!file) return undefined
      return {
        directory,
        kernel: join(directory, file.kernel),
        initrd: join(directory, file.initrd),
        root: join(directory, file.root),
        kernelParameters: file.kernelParameters,
        claudeVersion: file.claudeVersion,
        kernelVersion: file.kernelVersion,
        waitsAsTemplate: true,
        ...(file.rosettaTag !== undefined && { rosettaTag: file.rosettaTag }),
        key,
      }
    },

    async build(directory, onProgress, signal) {
      const place = await findPlace()
      switch (place.kind) {
        case 'build':
          return await buildImage(await inputs(), { directory, onProgress }, signal)
        case 'fetch': {
          const { key } = await inputs()
          return await fetchImage({ ...place, architecture, key, directory, onProgress }, signal)
        }
        case 'none':
          throw new AppError('host-incomplete', place.why, { hint: place.cure })
      }
    },

    async problems(signal) {
      const place = await findPlace()
      switch (place.kind) {
        case 'build':
          return await debianProblems(architecture, signal)
        case 'fetch':
          return await fetchProblems()
        case 'none':
          return [unknownImage(place)]
      }
    },

    buildTakes: 'a few minutes',
  }
}

const unknownImage = ({ why, cure }: Extract<ImagePlace, { kind: 'none' }>): Problem => ({
  code: 'image-unknown',
  message: why,
  cure,
})
