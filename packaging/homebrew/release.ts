import { z } from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What is published, as the files of Homebrew name it. */
export const releaseSchema = z.strictObject({
  /** OWNER/NAME on GitHub. */
  repository: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\/[A-Za-z0-9._-]+$/, 'must be OWNER/NAME'),
  version: z.string().regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/),
  license: z.string().regex(/^[A-Za-z0-9.+-]+$/),
  /** SHA-256 of the disk image and of the npm package. */
  dmg: sha256,
  tgz: sha256,
})

export type Release = Readonly<z.infer<typeof releaseSchema>>

/** One line of at most 80 characters, as `brew style` wants it: no article first, no name, no full stop. */
export const description = 'Run coding agents, each alone in a microVM on its own clone'

/** Where the version stands in a path, Ruby puts in what `version` says. */
export const assetUrl = ({ repository }: Release, file: string): string =>
  `"https://github.com/${repository}/releases/download/v#{version}/${file}"`
