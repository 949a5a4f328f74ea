import { z } from 'zod'
import type { FailureCode } from '../../core/failure.ts'
import type { UnmergedReason } from '../../core/merge/merge.ts'
import { efforts, modelPattern } from '../../core/task/agent-choice.ts'
import { messageTimes } from '../../core/task/message.ts'
import { isSession } from '../../core/task/session.ts'
import { parseTaskId, type SlotId, slotCount, type TaskEvent, type TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { seatPattern } from '../../core/task/task-place.ts'
import { placeWith } from '../../settings/place-schema.ts'

const at = z.string()
const taskId = z.string().transform((text, context): TaskId => {
  const id = parseTaskId(text)
  if (id) return id
  context.addIssue({ code: 'custom', message: 'not a task id' })
  return z.NEVER
})
const slot = z
  .int()
  .min(1)
  .max(slotCount)
  .transform((number) => number as SlotId)

// Codes and reasons of an older or newer version still load; they are shown, never switched on.
export const failureSchema = z
  .object({
    code: z.string().transform((code) => code as FailureCode),
    message: z.string(),
    hint: z.string().optional(),
  })
  .transform(({ hint, ...rest }) => (hint === undefined ? rest : { ...rest, hint }))

const checkReport = z.object({
  exitCode: z.int().nullable(),
  output: z.string(),
  timedOut: z.literal(true).exactOptional(),
})
const landingCheck = checkReport.extend({
  command: z.string(),
  commit: z.string(),
  image: z.string().exactOptional(),
  isKnown: z.literal(true).exactOptional(),
})

/** A merge that took place. */
export const mergedSchema = z.object({
  kind: z.literal('merged'),
  method: z.enum(['fast-forward', 'rebase']),
  commits: z.int(),
  branch: z.string(),
  from: z.string(),
  to: z.string(),
  through: z.string().exactOptional(),
  kept: z.int().exactOptional(),
  notes: z.array(z.string()).exactOptional(),
  check: landingCheck.exactOptional(),
})
const unmerged = z.object({
  kind: z.literal('unmerged'),
  reason: z.string().transform((reason) => reason as UnmergedReason),
  files: z.array(z.string()),
  more: z.int().exactOptional(),
  detail: z.string(),
  dropped: z.boolean().exactOptional(),
  check: landingCheck.exactOptional(),
})
export const mergeSchema = z.discriminatedUnion('kind', [
  mergedSchema,
  z.object({ kind: z.literal('unchanged'), branch: z.string().nullable() }),
  unmerged,
])

const exit = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('powered-off') }),
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('panicked'), detail: z.string() }),
  z.object({
    kind: z.literal('crashed'),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    detail: z.string(),
  }),
])

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('merged'), merge: mergedSchema }),
  z.object({ kind: z.literal('unchanged') }),
  z.object({ kind: z.literal('unmerged'), merge: unmerged }),
  z.object({ kind: z.literal('failed'), failure: failureSchema }),
  z.object({ kind: z.literal('cancelled') }),
])

const machine = z.object({
  driver: z.enum(['qemu', 'vfkit']),
  pid: z.int().positive(),
  startTime: z.string(),
  controlSocket: z.string(),
  runDirectory: z.string(),
  helpers: z.array(z.object({ name: z.string(), pid: z.int().positive(), startTime: z.string() })),
  image: z.string().exactOptional(),
})

const usage = z.object({
  costUsd: z.number(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  turns: z.number(),
  sessionId: z.string().nullable(),
  model: z.string().exactOptional(),
})

export const resultSchema = z.object({
  success: z.boolean(),
  summary: z.string(),
  filesChanged: z.array(z.string()),
  error: z.string().nullable(),
  usage: usage.nullable(),
  check: checkReport.exactOptional(),
})

const parking = z.object({
  reason: failureSchema,
  until: z.iso.datetime(),
  usage: usage.nullable(),
  text: z.string().exactOptional(),
})

export const workSchema = z.object({
  ref: z.string().nullable(),
  commit: z.string(),
  commits: z.int(),
  wip: z.boolean(),
  filesChanged: z.array(z.string()),
  moreChanged: z.int().exactOptional(),
  notes: z.array(z.string()),
  // Records of older versions have neither.
  also: z.array(z.object({ ref: z.string(), commit: z.string(), from: z.string() })).default([]),
  left: z
    .object({
      operation: z.enum(['merge', 'rebase', 'cherry-pick', 'revert']).nullable(),
      files: z.array(z.string()),
      more: z.int().exactOptional(),
      isPartial: z.literal(true).exactOptional(),
    })
    .nullable()
    .default(null),
  unsaved: z.boolean().exactOptional(),
})

const accepted = z.object({
  commit: z.string(),
  only: z.array(z.string()).exactOptional(),
  messages: z.record(z.string(), z.string()).exactOptional(),
})

const caps = z.object({
  timeoutMs: z.int(),
  maxCostUsd: z.number().nullable(),
  maxTokens: z.number().nullable(),
  silenceTimeoutMs: z.number().nullable(),
})

const absolutePath = z.string().startsWith('/')

const mergePolicy = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('review') }),
  z.object({ kind: z.literal('check'), command: z.string(), timeoutMs: z.number().exactOptional() }),
])

const environment = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['tools', 'plain']) }),
  z.object({ kind: z.literal('folder'), path: absolutePath }),
  z.object({ kind: z.literal('devcontainer'), file: z.string() }),
])

const resolves = z.object({
  task: taskId,
  startCommit: z.string(),
  commit: z.string(),
  branch: z.string(),
  policy: mergePolicy.exactOptional(),
})

const agent = z.object({
  model: z.string().regex(modelPattern).exactOptional(),
  effort: z.enum(efforts).exactOptional(),
  subagentModel: z.string().regex(modelPattern).exactOptional(),
  maxOutputTokens: z.int().exactOptional(),
  maxThinkingTokens: z.int().exactOptional(),
})

const base = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('branch'), branch: z.string() }),
  z.object({ kind: z.literal('commit'), name: z.string(), commit: z.string() }),
])

const fork = z.object({
  task: taskId,
  startCommit: z.string(),
  branch: z.string().nullable(),
  session: z.string().refine(isSession),
  copy: z.string().refine(isSession),
  costUsd: z.number(),
  description: z.string(),
  told: z.array(z.object({ id: z.uuid(), text: z.string() })),
  hasMergedLeftovers: z.literal(true).exactOptional(),
  line: z.object({ commit: z.string(), wip: z.boolean() }).exactOptional(),
})
const plan = z.object({ id: z.string(), name: z.string() })

const attempt = z.object({
  group: z.string(),
  number: z.int(),
  of: z.int(),
  judged: z.literal(true).exactOptional(),
})

const place = placeWith({ seat: z.string().regex(seatPattern) })

const identity = z.object({
  id: taskId,
  description: z.string(),
  repo: z.string(),
  repoPath: z.string(),
  owner: z.string().nullable(),
  createdAt: at,
  caps: caps.exactOptional(),
  agent: agent.exactOptional(),
  base: base.exactOptional(),
  queue: z.object({ priority: z.number() }).exactOptional(),
  mergePolicy: mergePolicy.exactOptional(),
  environment: environment.exactOptional(),
  fork: fork.exactOptional(),
  holdMs: z.number().exactOptional(),
  after: z.array(taskId).exactOptional(),
  plan: plan.exactOptional(),
  retries: taskId.exactOptional(),
  attempt: attempt.exactOptional(),
  judges: z.string().exactOptional(),
  setsUp: z.literal(true).exactOptional(),
  resolves: resolves.exactOptional(),
  workFolder: absolutePath.exactOptional(),
  place: place.exactOptional(),
  repository: z.object({ commonDirectory: absolutePath, inode: z.number(), bornMs: z.number() }).exactOptional(),
})

const message = z.discriminatedUnion('kind', [
  z.object({ id: z.uuid(), kind: z.literal('text'), text: z.string(), when: z.enum(messageTimes) }),
  z.object({ id: z.uuid(), kind: z.enum(['interrupt', 'finish']) }),
])

const told = z.intersection(
  message,
  z.object({ sentAt: z.string(), state: z.enum(['queued', 'delivered', 'answered', 'lost']) }),
)

/** One line of a task's `events.jsonl`. */
export const taskEventSchema: z.ZodType<TaskEvent, unknown> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('created'), at, task: identity }),
  z.object({ type: z.literal('base-chosen'), at, base }),
  z.object({ type: z.literal('slot-leased'), at, slot }),
  z.object({ type: z.literal('cloned'), at, startCommit: z.string(), branch: z.string().nullable() }),
  z.object({ type: z.literal('machine-started'), at, machine, waitedMs: z.number().min(0).exactOptional() }),
  z.object({ type: z.literal('placed'), at, node: z.string() }),
  z.object({ type: z.literal('brought-along'), at, parkings: z.array(parking), messages: z.array(told) }),
  z.object({ type: z.literal('machine-started-there'), at, image: z.string().exactOptional() }),
  z.object({ type: z.literal('agent-started'), at }),
  z.object({ type: z.literal('environment-preparing'), at }),
  z.object({ type: z.literal('environment-ready'), at, ms: z.number().min(0) }),
  z.object({ type: z.literal('agent-waits'), at, until: at, said: z.string().nullable() }),
  z.object({ type: z.literal('agent-works'), at }),
  z.object({ type: z.literal('noted'), at, note: z.string() }),
  z.object({ type: z.literal('message-sent'), at, message }),
  z.object({ type: z.literal('messages-read'), at, ids: z.array(z.uuid()), as: z.enum(['delivered', 'answered']) }),
  z.object({ type: z.literal('stop-requested'), at, reason: failureSchema }),
  z.object({ type: z.literal('machine-exited'), at, exit }),
  z.object({ type: z.literal('result-read'), at, result: resultSchema }),
  z.object({ type: z.literal('salvaged'), at, work: workSchema }),
  z.object({
    type: z.literal('merge-tried'),
    at,
    merge: mergeSchema,
    by: z.enum(['policy', 'client', 'person']).exactOptional(),
    accepted: accepted.exactOptional(),
  }),
  z.object({ type: z.literal('parked'), at, parking }),
  z.object({ type: z.literal('chosen'), at, by: z.enum(['policy', 'client', 'person']) }),
  z.object({ type: z.literal('finished'), at, outcome }),
  z.object({ type: z.literal('announced'), at, seq: z.int() }),
  z.object({
    type: z.literal('continued'),
    at: z.iso.datetime(),
    text: z.string(),
    owner: z.string().exactOptional(),
    caps: caps.exactOptional(),
  }),
])

/** What the index keeps of a task that is over; which home it is in, its reader knows. */
export const briefSchema: z.ZodType<Omit<TaskBrief, 'home'>, unknown> = z.object({
  id: taskId,
  description: z.string(),
  repo: z.string(),
  repoPath: z.string(),
  createdAt: at,
  state: z.object({ phase: z.literal('finished'), slot: slot.nullable(), outcome }),
  startCommit: z.string().nullable(),
  agentStartedAt: at.nullable(),
  machineStartedAt: at.nullable(),
  finishedAt: at.nullable(),
  announcedSeq: z.int(),
  result: z
    .object({
      usage: usage.nullable(),
      check: z.object({ exitCode: z.int().nullable() }).exactOptional(),
    })
    .nullable(),
  work: z.object({ ref: z.string().nullable(), commit: z.string() }).nullable(),
  merge: z
    .object({
      kind: z.enum(['merged', 'unchanged', 'unmerged']),
      dropped: z.boolean().exactOptional(),
      kept: z.int().exactOptional(),
    })
    .nullable(),
  // Absent in an index of an older version.
  messages: z.array(z.object({ state: z.enum(['queued', 'delivered', 'answered', 'lost']) })).default([]),
  former: z
    .object({ seq: z.int(), result: z.object({ usage: usage.nullable() }).nullable() })
    .nullable()
    .default(null),
  plan: plan.exactOptional(),
  after: z.array(taskId).exactOptional(),
  retries: taskId.exactOptional(),
  attempt: attempt.exactOptional(),
  agent: z.object({ model: z.string().exactOptional() }).exactOptional(),
  chosen: z.boolean().exactOptional(),
  judges: z.string().exactOptional(),
  resolves: resolves.exactOptional(),
  workFolder: absolutePath.exactOptional(),
  place: place.exactOptional(),
  node: z.string().exactOptional(),
})
