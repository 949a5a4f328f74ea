import { z } from 'zod'
import type { GatewayConfig } from '../core/network/gateway.ts'
import { messageTimes, mostMessages, type NewMessage, type TaskMessage } from '../core/task/message.ts'
import type { Fork, Parking } from '../core/task/task.ts'
import type { HomeFiles } from '../settings/claude-home/home-copies.ts'
import {
  broughtWorkSchema,
  commitIdSchema,
  toldFailureSchema,
  toldNotesSchema,
} from '../tasks/record/told-work-schema.ts'
import type { FrameLimits } from './frames.ts'

/*
 * What home, the orchestrator, and a keeper, which is beside the machine of one task on another host, say to each other. Home trusts a node
 * as little as a guest: each message of a node has a schema, and a bound on every list and text in it.
 */

export const protocolVersion = 1

/**
 * Channels with a fixed meaning. A keeper numbers the connections that its guest makes to home from `firstDial` on, and home the lines to the machine
 * from `firstLine` on.
 */
export const channels = { clone: 1, console: 2, stream: 3, result: 4, work: 5, session: 6, network: 7 } as const
/** A longer memory of an agent is not kept. */
export const sessionBytes = 64 * 1024 ** 2
export const firstDial = 16
export const lastDial = 39_999
export const firstLine = 40_000
export const lastLine = 65_535

/** One write of bytes is cut into frames of this length. */
export const dataBytes = 64 * 1024
/** What each side of a dialled connection may have under way that the other has not passed on yet. */
export const dialWindowBytes = 256 * 1024

export const limitsAtHome: FrameLimits = { messageBytes: 256 * 1024, dataBytes }
/** An assignment carries what of the user's own Claude Code comes along, and what earlier agents of the task were told. */
export const limitsAtNode: FrameLimits = { messageBytes: 64 * 1024 ** 2, dataBytes }

const channel = z.int().min(0).max(lastLine)
const dialled = z.int().min(firstDial).max(lastDial)
const line = z.int().min(firstLine).max(lastLine)
/** A connection of either kind. */
const connection = z.int().min(firstDial).max(lastLine)
const length = z.int().min(0)
const messageId = z.uuid()
const text = (most: number) => z.string().max(most)

const machineExit = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('powered-off') }),
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('panicked'), detail: text(4_000) }),
  z.object({
    kind: z.literal('crashed'),
    exitCode: z.int().nullable(),
    signal: text(40).nullable(),
    detail: text(4_000),
  }),
])

const caps = z.object({
  timeoutMs: z.number(),
  maxCostUsd: z.number().nullable(),
  maxTokens: z.number().nullable(),
  silenceTimeoutMs: z.number().nullable(),
})

/** Everything that the task is given but a key of the user's, which comes by `gateway` where it comes at all. */
const assignment = z.object({
  task: z.object({
    description: z.string(),
    repo: z.string(),
    createdAt: z.string(),
    caps,
    /** How often it went on before: what is left of an earlier run there is none of this one's. */
    run: z.int().min(0),
    /** What it had been through, where it goes on; its work, session and stream came on their channels. */
    past: z
      .object({
        /** Where its line stands. */
        line: commitIdSchema,
        /** Whether the last commit holds files that are not to be committed. */
        wip: z.boolean(),
        parkings: z.custom<readonly Parking[]>(Array.isArray),
        messages: z.custom<readonly TaskMessage[]>(Array.isArray),
      })
      .nullable(),
    /** The point at which another task had ended, where it goes on from that. */
    fork: z.custom<Fork>((value) => typeof value === 'object').nullable(),
    /** How long its agent waits for more once it is done; null where it does not. */
    holdMs: z.number().nullable(),
    agent: z.record(z.string(), z.union([z.string(), z.number()])),
    /** Runs after the agent. */
    check: z.string().nullable(),
    checkTimeoutMs: z.number().nullable(),
    /** The files of a flake that stands in place of the repository's, or the description of a dev container in it; null where it works in its flake. */
    environment: z
      .union([
        z.literal('plain'),
        z.object({ devcontainer: z.string() }),
        z.array(z.object({ path: z.string(), text: z.string() })).max(1_000),
      ])
      .nullable(),
  }),
  limits: z.object({
    cpus: z.int(),
    memoryMiB: z.int(),
    bootTimeoutMs: z.number(),
    taskTimeoutMs: z.number(),
    powerOffTimeoutMs: z.number(),
    minFreeGiB: z.number(),
  }),
  provisions: z.object({
    /** A stand-in: the gateway has the real one. */
    key: z.object({ variable: z.string(), value: z.string() }),
    variables: z.record(z.string(), z.string()),
    egress: z.enum(['open', 'closed']),
    privateNetworks: z.boolean(),
    idleBackgroundMs: z.number().nullable(),
    claudeHome: z.custom<HomeFiles>((value) => typeof value === 'object' && value !== null).nullable(),
    /** Whether the guest finds a gateway. */
    gateway: z.boolean(),
  }),
})
export type PlacedAssignment = z.infer<typeof assignment>

const message: z.ZodType<NewMessage> = z.discriminatedUnion('kind', [
  z.object({ id: messageId, kind: z.literal('text'), text: z.string(), when: z.enum(messageTimes) }),
  z.object({ id: messageId, kind: z.literal('interrupt') }),
  z.object({ id: messageId, kind: z.literal('finish') }),
])

export const toNodeSchema = z.discriminatedUnion('type', [
  /** The first of every connection: how much of each file that only grows home has already; `network` where the key is at the node, and nowhere else. */
  z.object({
    ...{ type: z.literal('follow'), protocol: z.int(), console: length, stream: length },
    network: length.exactOptional(),
  }),
  /** What a gateway beside the machine lets through, and the key: before `prepare`, after each greeting, and when it has changed. It is kept in memory alone. */
  z.object({
    type: z.literal('gateway'),
    config: z.custom<GatewayConfig>((value) => typeof value === 'object' && value !== null),
  }),
  /** Which repository comes next, by a name that tells nothing of its path; answered by `has`. */
  z.object({
    type: z.literal('prepare'),
    repository: z.string().regex(/^[0-9a-f]{32}$/),
    objectFormat: z.enum(['sha1', 'sha256']),
    startCommit: commitIdSchema,
  }),
  /** After channel `clone` ended, and all that comes along. */
  z.object({ type: z.literal('assign'), assignment }),
  /** What the user says to its agent. One that came before is known by its id, and is said once. */
  z.object({ type: z.literal('message'), message }),
  /** What the task has at this moment is wanted. */
  z.object({ type: z.literal('look') }),
  /** Joins the channel to the line of the machine, over which shells and connections to its ports go. */
  z.object({ type: z.literal('line'), channel: line }),
  z.object({ type: z.literal('stop'), reason: toldFailureSchema }),
  /** Home has all of it on disk: the seat can be cleared. */
  z.object({ type: z.literal('taken') }),
  z.object({ type: z.literal('end'), channel }),
  /** So many bytes of a connection were passed on. */
  z.object({ type: z.literal('passed'), channel: connection, bytes: z.int().min(1) }),
])
export type ToNode = z.infer<typeof toNodeSchema>

/** Of what an agent said last, in characters. */
export const saidLimit = 16_000

const status = z.object({
  phase: z.enum(['waiting', 'cloning', 'booting', 'working', 'stopping', 'merging']),
  /** Why it waits; null when it does not. */
  why: text(500).nullable(),
  /** Whether its machine was started, and its agent. */
  hasMachine: z.boolean(),
  hasAgent: z.boolean(),
  /** The key of the guest image that its machine booted; an older keeper tells none. */
  image: text(100)
    .regex(/^[\w.-]+$/)
    .exactOptional(),
  notes: toldNotesSchema,
  stopReason: toldFailureSchema.nullable(),
  /** Its agent has nothing to do, and what it said last; null where it works. */
  waits: z.object({ said: text(saidLimit).nullable() }).nullable(),
  /** What the agent has read of its messages, by their ids. */
  read: z.array(z.object({ id: messageId, as: z.enum(['delivered', 'answered']) })).max(mostMessages),
})
export type PlacedStatus = z.infer<typeof status>

const done = z.discriminatedUnion('kind', [
  /** It never had a machine. */
  z.object({ kind: z.literal('failed'), failure: toldFailureSchema }),
  z.object({
    kind: z.literal('ran'),
    exit: machineExit,
    stopReason: toldFailureSchema.nullable(),
    work: broughtWorkSchema,
  }),
])
export type PlacedEnd = z.infer<typeof done>

export const toHomeSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.int(),
    node: text(200),
    seat: z.enum(['empty', 'given', 'done']),
    /** Of which run of the task that is. */
    run: z.int().min(0),
    /** Whether it understands `gateway`; left out by earlier versions, which do not. */
    takesKey: z.boolean().exactOptional(),
    /** Whether its guests tell Claude of MCP servers that come along; left out by earlier versions, whose do not. */
    takesServers: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal('has'), commits: z.array(commitIdSchema).max(100) }),
  /** After every change, and once for each connection. */
  z.object({ type: z.literal('status'), status }),
  /** The guest connects to home's gateway. */
  z.object({ type: z.literal('dial'), channel: dialled }),
  z.object({ type: z.literal('passed'), channel: connection, bytes: z.int().min(1) }),
  z.object({ type: z.literal('end'), channel }),
  /** What `look` asked for; where its work is none that home has, that came before it as a checkpoint. Null where it cannot be read this time. */
  z.object({
    type: z.literal('looked'),
    seen: z.object({ commit: commitIdSchema, notes: toldNotesSchema }).nullable(),
  }),
  /** What the task has so far has come before it, as a pack on channel `work`: what stays of it where the place is lost. */
  z.object({ type: z.literal('checkpoint'), commit: commitIdSchema }),
  /** All that there is of console, stream, result and work has come before it. */
  z.object({ type: z.literal('done'), end: done }),
])
export type ToHome = z.infer<typeof toHomeSchema>
