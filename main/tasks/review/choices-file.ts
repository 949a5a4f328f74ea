import { readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import type { Choice, Resolution } from '../../core/merge/conflicts.ts'
import type { Selection } from '../../core/merge/merge.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'

/** What a person has decided so far of work that waits: kept beside the task, so that it outlives the program. */
export interface Decided {
  readonly choices: readonly Choice[]
  readonly selection?: Selection
}

const as = z.string().max(4096).exactOptional()
const mode = z.enum(['ours', 'theirs']).exactOptional()
const pick = z.enum(['base', 'ours', 'theirs', 'ours-theirs', 'theirs-ours', 'neither'])

export const resolutionSchema: z.ZodType<Resolution, unknown> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('side'), side: z.enum(['base', 'ours', 'theirs']), as }),
  z.strictObject({ kind: z.literal('hunks'), picks: z.array(pick).max(100_000), mode, as }),
  z.strictObject({ kind: z.literal('text'), text: z.string().max(8 * 1024 ** 2), mode, as }),
  z.strictObject({ kind: z.literal('delete') }),
])

const decidedSchema: z.ZodType<Decided, unknown> = z.object({
  choices: z.array(z.object({ commit: z.string(), path: z.string(), print: z.string(), resolution: resolutionSchema })),
  selection: z
    .object({
      only: z.array(z.string()).exactOptional(),
      messages: z.record(z.string(), z.string()).exactOptional(),
    })
    .exactOptional(),
})

/** Nothing is decided where there is no file. @throws when it is there and is not ours: choices are not guessed. */
export async function readDecided(path: string): Promise<Decided> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { choices: [] }
    throw error
  }
  return decidedSchema.parse(JSON.parse(text))
}

export const writeDecided = (path: string, decided: Decided): Promise<void> => writeJsonAtomically(path, decided)

export const forgetDecided = (path: string): Promise<void> => rm(path, { force: true })
