import { join } from 'node:path'

/** A pointer is a few lines of text; anything longer is content. Source: the Git LFS specification, "The Pointer". */
export const longestPointer = 1024

/** The id of the object that a file stands for, or undefined when the file is no Git LFS pointer. */
export function lfsObjectId(content: string): string | undefined {
  if (!content.startsWith('version https://git-lfs.github.com/spec/v1\n')) return undefined
  return /^oid sha256:([0-9a-f]{64})$/m.exec(content)?.[1]
}

/** Where an object lies below `.git/lfs/objects`. */
export const lfsObjectPath = (id: string): string => join(id.slice(0, 2), id.slice(2, 4), id)
