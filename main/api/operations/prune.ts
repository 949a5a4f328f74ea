import { z } from 'zod'
import { bounds } from '../../core/bounds.ts'
import { defineOperation } from '../operation.ts'
import { within } from '../within.ts'

const dryRunInput = z.boolean().describe('Delete nothing, only tell')

const limits = {
  keep_days: within(z.number(), bounds.keepDays)
    .optional()
    .describe('Tasks that ended longer ago go; default 14 unless max_gib is given'),
  max_gib: within(z.number(), bounds.maxGib)
    .optional()
    .describe('The oldest go until all task folders take no more than this'),
}

export const prune = defineOperation({
  name: 'prune',
  title: 'Prune old tasks',
  description:
    'Deletes the folders of old finished tasks, oldest first, and guest images that are no longer used. Work that was not merged ' +
    'stays at its ref; a task whose work is only in its folder, or waits for the user to decide, is never touched. Only tells what would go unless dry_run is false.',
  who: 'both',
  input: z.object({ dry_run: dryRunInput.default(true), ...limits }),
  personInput: z.object({ dry_run: dryRunInput, ...limits }),
  output: z.looseObject({
    dry_run: z.boolean(),
    freed_bytes: z.int(),
    tasks: z.array(z.looseObject({ task_id: z.string(), repo: z.string(), bytes: z.int() })),
    images: z.array(z.looseObject({ key: z.string(), bytes: z.int() })),
    left: z
      .array(z.looseObject({ path: z.string(), reason: z.string(), since: z.string() }))
      .describe('What could not be deleted; the next prune tries again'),
  }),
  hints: { readOnly: false, destructive: true, idempotent: true },
  call: ({ dry_run: dryRun, keep_days: keepDays, max_gib: maxGiB }, { tasks, by }) =>
    tasks.prune({
      by,
      dryRun,
      ...(keepDays !== undefined && { keepDays }),
      ...(maxGiB !== undefined && { maxGiB }),
    }),
})
