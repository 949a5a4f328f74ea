import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { parseVersioned } from './parse-versioned.ts'

const fileName = z.string().regex(/^[\w.-]+$/, 'must be the name of a file in the same folder')
export const imageFileSchema = z.object({
  schemaVersion: z.literal(1),
  kernel: fileName,
  initrd: fileName,
  root: fileName,
  kernelParameters: z.array(z.string().regex(/^\S+$/, 'must be one word')),
  claudeVersion: z.string(),
  /** Of the kernel, such as `6.12.60`. */
  kernelVersion: z.string().regex(/^\d+\.\d+/, 'must begin with two numbers'),
  /** Under which this guest mounts Rosetta; left out where it cannot use it. */
  rosettaTag: z.string().optional(),
  builtAt: z.iso.datetime(),
})

/** `image.json`: what an image's folder holds; paths are names relative to it. */
export type ImageFile = z.infer<typeof imageFileSchema>

export const imageFileName = 'image.json'

/**
 * What the folder's `image.json` says; undefined when there is none, because a folder gets its name only when it is whole.
 * @throws AppError('image-failed') when the file is not one that this version reads.
 */
export async function readImageFile(folder: string): Promise<ImageFile | undefined> {
  const path = join(folder, imageFileName)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return parseImageFile(text, path)
}

/** @throws AppError('image-failed') that says what is wrong with it and what to delete. */
export function parseImageFile(text: string, path: string): ImageFile {
  const refuse = (why: string, cause?: unknown): AppError =>
    new AppError('image-failed', `The guest image at ${path} cannot be used: ${why}`, {
      hint: `Delete its folder: the image is then built again`,
      cause,
    })
  return parseVersioned(text, imageFileSchema, refuse)
}
