import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isLoopback } from '../../../lib/addresses.ts'
import { expandHome } from '../../../lib/files/absolute-path.ts'
import type { Architecture } from '../inputs.ts'

const releasedSchema = z.object({
  schemaVersion: z.literal(1),
  /** The folder of the files, as a URL. */
  from: z.url(),
  images: z.partialRecord(z.enum(['arm64', 'x64']), z.object({ key: z.string(), sha256: z.string() })),
})

/** The images that were built when this version was released, with the SHA-256 of their indexes. */
export type Released = z.infer<typeof releasedSchema>

export const releasedName = 'released-images.json'

/** What the release left in the folder `nix`; undefined in a checkout. */
export async function readReleased(folder: string): Promise<Released | undefined> {
  try {
    return releasedSchema.parse(JSON.parse(await readFile(join(folder, releasedName), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** How this host comes by an image. */
export type ImagePlace =
  | { readonly kind: 'build' }
  | {
      readonly kind: 'fetch'
      /** URL or path of the folder. */
      readonly from: string
      /** Of the image's index; undefined where the user's own choice of the place is all that vouches for it. */
      readonly sha256: string | undefined
    }
  | { readonly kind: 'none'; readonly why: string; readonly cure: string }

interface PlaceFacts {
  /** The setting `guestImage`. */
  readonly wish: string | null
  readonly released: Released | undefined
  readonly key: string
  readonly architecture: Architecture
  /** Whether this system can build one. */
  readonly builds: boolean
}

const elsewhere =
  'Build it on a Linux host by npm run guest-image, and set guestImage in settings.json to the folder that it fills'

/** Where the image of these sources comes from. Pure. */
export function imagePlace({ wish, released, key, architecture, builds }: PlaceFacts): ImagePlace {
  const known = released?.images[architecture]
  const sha256 = known?.key === key ? known.sha256 : undefined
  if (wish === 'build' || (wish === null && sha256 === undefined)) {
    if (builds) return { kind: 'build' }
    const why =
      wish === 'build'
        ? 'The Debian guest cannot be built on a Mac'
        : 'This copy of the program is no release, so it knows of no guest image to fetch'
    return { kind: 'none', why, cure: elsewhere }
  }
  if (wish === null) return { kind: 'fetch', from: released?.from ?? '', sha256 }
  if (/^http:/.test(wish) && sha256 === undefined && !isLoopback(new URL(wish).hostname)) {
    const why = `${wish} is not encrypted, and this copy of the program has no checksum to know the guest image by`
    return { kind: 'none', why, cure: 'Use https, or a folder' }
  }
  return { kind: 'fetch', from: expandHome(wish), sha256 }
}
