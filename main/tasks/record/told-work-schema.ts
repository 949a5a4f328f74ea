import { z } from 'zod'
import { listBounds } from '../../core/bounds.ts'
import { failureCodes } from '../../core/failure.ts'

/*
 * What a node, which runs tasks for this host, says of one: trusted as little as a guest, so every list and text of it has a bound. It comes over a
 * connection, and lies then in the task's folder until its work is imported.
 */

export const commitIdSchema = z.string().regex(/^(?:[0-9a-f]{64}|[0-9a-f]{40})$/)

const text = (most: number) => z.string().max(most)

/** A code that nobody knows says nothing. */
export const toldFailureSchema = z
  .object({ code: z.enum(failureCodes).catch('internal'), message: text(4_000), hint: text(1_000).optional() })
  .transform(({ hint, ...rest }) => (hint === undefined ? rest : { ...rest, hint }))

export const toldNotesSchema = z.array(text(4_000)).max(listBounds.notes.count + 1)

/** Work that it saved. Home imports the commits itself, checks each object, and counts for itself. */
const toldWorkSchema = z.object({
  /** Where the line stands; the start where the task left nothing on it. */
  commit: commitIdSchema,
  /** Whether the last commit holds files that the agent had not committed. */
  wip: z.boolean(),
  also: z.array(z.object({ commit: commitIdSchema, from: text(500) })).max(64),
  operation: z.enum(['merge', 'rebase', 'cherry-pick', 'revert']).nullable(),
  markers: z.object({
    files: z.array(text(8_192)).max(listBounds.paths.count),
    more: z.int().min(0).exactOptional(),
    isPartial: z.literal(true).exactOptional(),
  }),
  notes: toldNotesSchema,
  unsaved: z.boolean(),
})

export type ToldWork = z.infer<typeof toldWorkSchema>

export const broughtWorkSchema = z.union([
  z.object({ saved: toldWorkSchema }),
  /** Why none could be saved there. */
  z.object({ lost: toldFailureSchema }),
])
export type BroughtWork = z.infer<typeof broughtWorkSchema>
