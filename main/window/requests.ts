import { z } from 'zod'
import type { AnyRequests } from '../../preload/contract.ts'
import { historyGroups, historyOrders, outcomeFilters } from '../../preload/history.ts'
import { aliasInput, commitInput, taskIdInput } from '../api/schemas.ts'
import { within } from '../api/within.ts'
import { bounds, lengths } from '../core/bounds.ts'
import { secretNamePattern } from '../core/network/secret.ts'
import { forges } from '../core/pull-request.ts'
import { isShortcut } from '../core/shortcut.ts'
import { egressWordSchema } from '../settings/egress-word.ts'
import { resolutionSchema } from '../tasks/review/choices-file.ts'
import { operationSchemas } from './operation-calls.ts'

const none = z.strictObject({})
const id = taskIdInput
const hostPath = z.string().min(1).max(lengths.hostPath)
const path = z.string().max(lengths.windowPath)
const commit = commitInput
const shell = z.string().regex(/^[0-9a-f]{32}$/)
const screen = { rows: z.int().min(1).max(9999), columns: z.int().min(1).max(9999) }
const position = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER)

const isWanted = z.boolean().exactOptional()
const diffOptions = z.strictObject({ whole: isWanted, ignoreSpace: isWanted, pictures: isWanted }).exactOptional()

/** What each call of the window takes; anything else is refused. Settings are checked by `changeSettings`. */
export const requestSchemas = {
  host: none,
  snapshot: none,
  history: z.strictObject({
    text: z.string().max(lengths.searchWords),
    outcome: z.enum(outcomeFilters),
    repo: aliasInput.nullable(),
    place: z.string().max(lengths.alias).nullable(),
    since: z.iso.datetime().nullable(),
    order: z.enum(historyOrders),
    descending: z.boolean(),
    groupBy: z.enum(historyGroups),
    timeZone: z.string().max(100),
    offset: position,
    limit: within(z.int(), bounds.historyRows),
  }),
  ...operationSchemas,
  task: z.strictObject({ id }),
  landing: z.strictObject({ id }),
  statement: z.strictObject({ id }),
  request: z.strictObject({ id }),
  plan: z.strictObject({ id }),
  attempts: z.strictObject({ id }),
  readConsole: z.strictObject({
    id,
    offset: position,
    limit: z
      .int()
      .min(1)
      .max(1024 ** 2),
    wait: z.boolean(),
    ofCheck: isWanted,
  }),
  openShell: z.strictObject({ id, ...screen }),
  readShell: z.strictObject({ shell, after: position }),
  writeShell: z.strictObject({ shell, data: z.base64().max(lengths.typed) }),
  resizeShell: z.strictObject({ shell, ...screen }),
  closeShell: z.strictObject({ shell }),
  openSsh: z.strictObject({ id }),
  listeningPorts: z.strictObject({ id }),
  openPreview: z.strictObject({ id, port: z.int().min(1).max(bounds.port.most) }),
  readSteps: z.strictObject({ id, after: position, wait: z.boolean() }),
  changes: z.strictObject({ id }),
  fileDiff: z.strictObject({ id, path, wish: diffOptions }),
  review: z.strictObject({ id }),
  reviewCommit: z.strictObject({ id, commit }),
  reviewDiff: z.strictObject({
    id,
    path,
    wish: diffOptions,
    against: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['start', 'branch']) }),
      z.strictObject({ kind: z.literal('commit'), id: commit }),
    ]),
  }),
  conflicts: z.strictObject({ id }),
  openConflict: z.strictObject({ id, commit, path }),
  chooseConflict: z.strictObject({ id, commit, path, resolution: resolutionSchema.nullable() }),
  finishConflicts: z.strictObject({ id }),
  abandonConflicts: z.strictObject({ id }),
  setMergePolicy: z.strictObject({
    alias: aliasInput,
    policy: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.enum(['auto', 'review']) }),
      z.strictObject({
        kind: z.literal('check'),
        command: z.string().max(lengths.checkCommand),
        timeoutMs: z.number().exactOptional(),
      }),
    ]),
  }),
  forge: z.strictObject({ alias: aliasInput }),
  setForge: z.strictObject({
    alias: aliasInput,
    forge: z.enum(forges),
    secret: z.string().regex(secretNamePattern),
    remote: z.string().min(1).max(lengths.revision),
    target: z.string().max(lengths.revision).exactOptional(),
    api: z.string().max(lengths.hostPath).exactOptional(),
  }),
  repository: z.strictObject({ alias: aliasInput }),
  setEgress: z.strictObject({ alias: aliasInput, egress: egressWordSchema.nullable() }),
  setEnvironment: z.strictObject({ alias: aliasInput, environment: hostPath }),
  addRepository: z.strictObject({ path: hostPath, environment: z.enum(['auto', 'tools', 'plain']).exactOptional() }),
  removeRepository: z.strictObject({ alias: aliasInput }),
  writeStarterFlake: z.strictObject({ path: hostPath }),
  places: none,
  setup: none,
  diskRoom: none,
  changeSettings: z.strictObject({ changes: z.record(z.string(), z.unknown()) }),
  chooseFolders: none,
  openTask: z.strictObject({ id, with: z.enum(['editor', 'terminal', 'finder']) }),
  setStartAtLogin: z.strictObject({ on: z.boolean() }),
  quickEntry: none,
  leaveQuickEntry: z.strictObject({ to: z.literal('repositories').nullable() }),
  setQuickEntryKeys: z.strictObject({ keys: z.string().refine(isShortcut).nullable() }),
  installCommandLine: none,
} satisfies Record<keyof AnyRequests, z.ZodType>
