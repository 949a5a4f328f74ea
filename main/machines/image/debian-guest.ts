import { join } from 'node:path'
import { findTool } from '../../lib/find-tool.ts'
import type { Problem } from '../driver.ts'
import { buildImage } from './build-image.ts'
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
    problems: buildProblems,
    buildTakes: 'a few minutes',
  }
}

/** Programs of this host that the build runs, by the package that has them. */
const buildTools = {
  mmdebstrap: 'mmdebstrap',
  'mkfs.erofs': 'erofs-utils',
  zstd: 'zstd',
  xz: 'xz-utils',
  cpio: 'cpio',
} as const

async function buildProblems(signal?: AbortSignal): Promise<readonly Problem[]> {
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
  return problems
}
