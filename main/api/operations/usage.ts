import { z } from 'zod'
import { defineOperation } from '../operation.ts'

const bytes = z.int()

export const usage = defineOperation({
  name: 'usage',
  title: 'Disk usage',
  description:
    'Bytes that slots, tasks, guest images, tools and prepared environments take on disk; holes of sparse files do not count.',
  who: 'both',
  input: z.object({}),
  output: z.looseObject({
    total_bytes: bytes,
    slots: z.array(z.looseObject({ slot: z.int(), bytes })),
    tasks: z.array(z.looseObject({ task_id: z.string(), repo: z.string(), status: z.string(), bytes })),
    images: z.array(z.looseObject({ key: z.string(), bytes })),
    tools: z.array(z.looseObject({ name: z.string(), bytes })),
    environments_bytes: bytes.describe('Of prepared environments'),
    left: z
      .array(z.looseObject({ path: z.string(), reason: z.string(), since: z.string() }))
      .describe('What was to be deleted and could not be yet'),
  }),
  hints: { readOnly: true },
  call: (_input, { tasks }) => tasks.usage(),
})
