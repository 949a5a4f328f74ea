import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '../../../core/failure.ts'
import { imageFileSchema } from '../image-file.ts'
import { parseVersioned } from '../parse-versioned.ts'

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256')
const fileName = z.string().regex(/^[A-Za-z0-9_-][\w.-]*$/, 'must be the name of a file beside it')
const mostBytes = 16 * 1024 ** 3
const bytes = z.int().min(1).max(mostBytes)

const partSchema = z.object({
  /** Its name in the image's folder. */
  name: fileName,
  /** Its name beside the index, compressed by zstd. */
  asset: fileName,
  bytes,
  sha256: hex,
  /** Unpacked. */
  contentBytes: bytes,
  contentSha256: hex,
})

const indexSchema = z.object({
  schemaVersion: z.literal(1),
  /** Of the sources that the image was built from. */
  key: z.string().regex(/^[0-9a-f]{20}$/),
  image: imageFileSchema,
  parts: z.array(partSchema).min(1).max(10),
})

/** One file of an image, as it is fetched. */
export type ImagePart = z.infer<typeof partSchema>
/** What an image that was built elsewhere consists of. */
export type ImageIndex = z.infer<typeof indexSchema>

export const indexName = (architecture: string, key: string): string => `guest-debian-${architecture}-${key}.json`

export const sha256Of = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

/**
 * Pure.
 * @param expected its key, and its own SHA-256 where that is known: then nothing that it names can be anyone else's.
 * @throws AppError('image-failed') when it is not what was expected.
 */
export function parseIndex(
  text: string,
  { from, key, sha256 }: { readonly from: string; readonly key: string; readonly sha256: string | undefined },
): ImageIndex {
  const refuse = (why: string, cause?: unknown): AppError =>
    new AppError('image-failed', `The guest image at ${from} cannot be used: ${why}`, {
      hint: 'Set guestImage in settings.json to a place that has the one of this version, or to null',
      cause,
    })
  if (sha256 !== undefined && sha256Of(text) !== sha256)
    throw refuse('its list of files is not the one that was released')
  const index = parseVersioned(text, indexSchema, refuse)
  if (index.key !== key) throw refuse(`it was built from other sources (${index.key} in place of ${key})`)
  const { kernel, initrd, root } = index.image
  const names = index.parts.map(({ name }) => name)
  if (new Set(names).size !== names.length || [kernel, initrd, root].some((name) => !names.includes(name))) {
    throw refuse('its list of files is not whole')
  }
  return index
}
