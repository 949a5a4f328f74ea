import { z } from 'zod'
import type { AnyRequests } from '../../preload/contract.ts'
import { resolutionSchema } from '../tasks/review/choices-file.ts'

const none = z.strictObject({})
const id = z.string().max(200)
const path = z.string().min(1).max(4096)
const commit = z.string().max(64)
const position = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER)

/** What each call of the window takes; anything else is refused. Settings are checked by `changeSettings`. */
export const requestSchemas = {
  host: none,
  snapshot: none,
  runTask: z.strictObject({
    repo: z.string().max(200),
    description: z.string(),
    queue: z.boolean().optional(),
    priority: z.int().min(-100).max(100).optional(),
    timeoutMs: z
      .int()
      .min(1000)
      .max(7 * 24 * 3_600_000)
      .optional(),
    maxCostUsd: z.number().min(0.01).max(1_000_000).optional(),
    maxTokens: z.int().min(1).optional(),
  }),
  task: z.strictObject({ id }),
  cancelTask: z.strictObject({ id }),
  mergeTask: z.strictObject({ id }),
  cleanupTask: z.strictObject({ id, deleteRef: z.boolean() }),
  readConsole: z.strictObject({
    id,
    offset: position,
    limit: z
      .int()
      .min(1)
      .max(1024 ** 2),
    wait: z.boolean(),
  }),
  readSteps: z.strictObject({ id, after: position, wait: z.boolean() }),
  changes: z.strictObject({ id }),
  fileDiff: z.strictObject({ id, path: z.string().max(16_384) }),
  review: z.strictObject({ id }),
  reviewDiff: z.strictObject({
    id,
    path: z.string().max(16_384),
    against: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['start', 'branch']) }),
      z.strictObject({ kind: z.literal('commit'), id: commit }),
    ]),
  }),
  acceptTask: z.strictObject({
    id,
    only: z.array(commit).max(1000).optional(),
    messages: z.record(commit, z.string().max(100_000)).optional(),
  }),
  rejectTask: z.strictObject({ id, dropRef: z.boolean() }),
  conflicts: z.strictObject({ id }),
  openConflict: z.strictObject({ id, commit, path: z.string().max(16_384) }),
  chooseConflict: z.strictObject({ id, commit, path: z.string().max(16_384), resolution: resolutionSchema.nullable() }),
  finishConflicts: z.strictObject({ id }),
  abandonConflicts: z.strictObject({ id }),
  resolveTask: z.strictObject({ id, queue: z.boolean().optional() }),
  setMergePolicy: z.strictObject({
    alias: z.string().max(200),
    policy: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['auto', 'review']) }),
      z.strictObject({ kind: z.literal('check'), command: z.string().max(10_000) }),
    ]),
  }),
  addRepository: z.strictObject({ path }),
  removeRepository: z.strictObject({ alias: z.string().max(200) }),
  writeStarterFlake: z.strictObject({ path }),
  diskUsage: none,
  setup: none,
  changeSettings: z.strictObject({ changes: z.record(z.string(), z.unknown()) }),
  chooseFolders: none,
  openTask: z.strictObject({ id, with: z.enum(['editor', 'terminal', 'finder']) }),
  setStartAtLogin: z.strictObject({ on: z.boolean() }),
  installCommandLine: none,
} satisfies Record<keyof AnyRequests, z.ZodType>
