import { join } from 'node:path'
import { buildImage } from './build-image.ts'
import { debianProblems } from './debian-problems.ts'
import { readImageFile } from './image-file.ts'
import type { ImageSource } from './image-source.ts'
import { type Architecture, readImageInputs } from './inputs.ts'

/** The guest made of Debian's packages, for QEMU. @param folder the checkout's or the installed package's `nix`. */
export function debianGuest({ folder }: { readonly folder: string }): ImageSource {
  const architecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  const inputs = () => readImageInputs(folder, architecture)
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
        key,
      }
    },

    build: async (directory, onProgress, signal) => await buildImage(await inputs(), { directory, onProgress }, signal),
    problems: debianProblems,
    buildTakes: 'a few minutes',
  }
}
