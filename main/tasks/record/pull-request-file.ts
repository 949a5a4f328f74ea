import { open } from 'node:fs/promises'
import { z } from 'zod'
import { forges, type RequestRecord } from '../../core/pull-request.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import type { TaskFiles } from './task-files.ts'

const commit = z.string().regex(/^[0-9a-f]{40,64}$/)
const recordSchema = z.object({
  forge: z.enum(forges),
  project: z.string(),
  branch: z.string(),
  target: z.string(),
  pushed: z.array(commit),
  brought: commit.nullable(),
  request: z
    .object({ number: z.int().positive(), url: z.string(), state: z.enum(['open', 'merged', 'closed']) })
    .nullable(),
  // Records of older versions have neither.
  checked: z
    .object({ commit, state: z.enum(['passed', 'failed']) })
    .nullable()
    .default(null),
  heard: z.array(z.string()).default([]),
  problem: z.string().nullable(),
  tries: z.int().nonnegative(),
  notBefore: z.iso.datetime().nullable(),
})

const fileBytes = 1024 ** 2

/** Null where nothing was done for the task at a forge. @throws when the file cannot be read or understood. */
export async function readPullRequest({ pullRequest }: Pick<TaskFiles, 'pullRequest'>): Promise<RequestRecord | null> {
  try {
    await using file = await open(pullRequest)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(fileBytes), 0, fileBytes, 0)
    return recordSchema.parse(JSON.parse(buffer.toString('utf8', 0, bytesRead)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export const writePullRequest = (
  { pullRequest }: Pick<TaskFiles, 'pullRequest'>,
  record: RequestRecord,
): Promise<void> => writeJsonAtomically(pullRequest, record)
