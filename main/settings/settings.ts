import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { z } from 'zod'
import { bounds } from '../core/bounds.ts'
import { AppError, messageOf } from '../core/failure.ts'
import { homeParts } from '../core/home-parts.ts'
import { isShortcut } from '../core/shortcut.ts'
import { localPlace } from '../core/task/place-order.ts'
import { unusable } from '../lib/files/private-folder.ts'
import { egressWordSchema } from './egress-word.ts'
import { placeOrderSchema } from './place-schema.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

const settingsSchema = z.object({
  /** TCP port of the server, and the address that it listens on; beyond this host only with `auth`. */
  port: z.int().min(1).max(65_535).default(8765),
  host: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
  /** Clients of the MCP endpoint must show the token of `mcp-token`. */
  auth: z.boolean().default(false),
  /** Names under which clients may speak to the server beside its addresses. */
  allowedHosts: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9._-]+$/, 'must be a host name, with no port')
        .toLowerCase(),
    )
    .default([]),
  /** How many tasks a client may ask for in a minute, after a first hundred, and all clients together twice as many; null: no limit. */
  runsPerMinute: z.number().min(0.01).nullable().default(60),
  /** Of repositories that have no policy of their own, see `EgressPolicy`. */
  egress: egressWordSchema.default('open'),
  /** With open egress guests reach private networks too, and whatever of this host a neighbour in its network reaches. */
  privateNetworks: z.boolean().default(false),
  /**
   * false: a gateway on the host adds the key to what the agent asks of the API, and the guest never has it. `open`: so it is where
   * the egress policy is not open.
   */
  keyInGuest: z.union([z.boolean(), z.literal('open')]).default('open'),
  /** Whether the API itself may search, fetch, run code and connect for a task whose egress policy is not open. */
  serverTools: z.enum(['refuse', 'allow']).default('refuse'),
  /** What of the user's own Claude Code tasks are given as copies. */
  asAtHome: z.array(z.enum(homeParts)).default([]),
  /** Which guest runs tasks; `auto` is NixOS on a Mac with nix and a builder for Linux, else Debian. */
  guest: z.enum(['auto', 'nixos', 'debian']).default('auto'),
  /** Where the Debian guest comes from: null where the release says, or built on this host; `build`; a URL or a folder. */
  guestImage: z
    .union([z.literal('build'), z.url({ protocol: /^https?$/ }), z.string().regex(/^(~\/|\/)[^\n]*$/)], {
      error: 'write "build", a URL with http or https, or an absolute path',
    })
    .nullable()
    .default(null),
  memoryMiB: z
    .int()
    .min(1024)
    .max(1024 * 1024)
    .default(4096),
  cpus: z
    .int()
    .min(1)
    .max(64)
    .default(() => Math.min(4, availableParallelism())),
  /**
   * Machines that are booted ahead, each for a repository that was used in the last half hour, so that its next task begins at once.
   * Each takes memory and a little of the processor while it waits.
   */
  warmMachines: z.int().min(0).max(9).default(0),
  /** Machines are restored from a template of memory that is saved once for all of them, where their host can; they are booted without. */
  memoryTemplates: z.boolean().default(false),
  /** The environment of a repository is built once for all slots, in a machine of its own, which takes a download and a disk more. */
  prepareEnvironments: z.boolean().default(false),
  /** From power-on to the runner's first act. */
  bootTimeoutMs: z
    .int()
    .min(1000)
    .max(dayMs)
    .default(5 * minuteMs),
  /** The longest that a task may take in its machine. */
  taskTimeoutMs: z
    .int()
    .min(bounds.taskTimeoutMs.least)
    .max(bounds.taskTimeoutMs.most)
    .default(4 * 60 * minuteMs),
  /** Tasks wait for a slot, as if each was run with `queue: true`. */
  queue: z.boolean().default(false),
  /** No task that waits begins; those that run go on, and what does not wait still begins. */
  queuePaused: z.boolean().default(false),
  /** US dollars that a task may cost, tokens that it may take; null is no limit. */
  maxCostUsd: z.number().min(bounds.costUsd.least).nullable().default(null),
  maxTokens: z.int().min(bounds.tokens.least).nullable().default(null),
  /** A task of which neither console nor agent says anything for so long is stopped; null: never. */
  silenceTimeoutMs: z.int().min(1000).nullable().default(null),
  /**
   * An agent that has answered and waits for nothing but commands in the background is ended after so long, with what it answered;
   * null: when Claude Code ends it itself, after ten minutes.
   */
  idleBackgroundMs: z
    .int()
    .min(1000)
    .max(10 * minuteMs)
    .nullable()
    .default(5 * minuteMs),
  /** From the wish to stop a machine to its end by force. */
  powerOffTimeoutMs: z
    .int()
    .min(1000)
    .max(10 * minuteMs)
    .default(20_000),
  /** Where clones, shares and consoles of new tasks lie, for repositories on another disk than the home; null: in the home. */
  tasksFolder: z
    .string()
    .regex(/^(~\/|\/)[^,\n]*$/, 'must be an absolute path, or one from ~/, with no comma')
    .nullable()
    .default(null),
  /** The work tree's links to a task's files are joined by one to its clone, which test runners and editors then walk into. */
  linkClones: z.boolean().default(false),
  /** What must be free, on the disks of home and repository, for a task to begin. */
  minFreeGiB: z.number().min(0).default(5),
  /** Finished tasks that ended longer ago are pruned at start and once a day; null: never. */
  pruneAfterDays: z.number().min(0).nullable().default(null),
  /** What becomes of a task whose agent runs into a usage limit, or loses its API: it gives its slot back and goes on later, or fails. */
  onUsageLimit: z.enum(['park', 'fail']).default('park'),
  /**
   * Edits the list of paths that wait for a review under every policy, because they run by themselves in a checkout: globs that add
   * some, or with `!` before them take some out.
   */
  heldPaths: z.array(z.string().min(1).max(500)).max(500).default([]),
  /** Commits that are written while a task's work is merged say in their message which task and agent they are of. */
  trailers: z.boolean().default(true),
  /** Whether conflicts wait for the user, or another task resolves them, at most once a task. */
  /** Where a task runs that names no place, best first: `local` is this host, and the others are places. */
  placeOrder: placeOrderSchema.default([localPlace]),
  resolveConflicts: z.enum(['ask', 'auto']).default('ask'),
  /** What becomes of running tasks when the server ends: their machines work on and are found again, or are stopped with salvage. */
  onQuit: z.enum(['leave', 'stop']).default('leave'),
  /** Where an OpenTelemetry collector takes traces and metrics of tasks, by OTLP over HTTP; null: none are sent. */
  otlpEndpoint: z
    .url({ protocol: /^https?$/, error: 'write a URL with http or https, as http://127.0.0.1:4318' })
    .transform((url) => url.replace(/\/+$/, ''))
    .nullable()
    .default(null),
  /** Of the window. */
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Of what the desktop app notifies. */
  notifyCompleted: z.boolean().default(true),
  notifyFailed: z.boolean().default(true),
  notifyConflicts: z.boolean().default(true),
  notifyParked: z.boolean().default(true),
  notifyWarnings: z.boolean().default(true),
  /** Its notifications can be heard. */
  notifySound: z.boolean().default(true),
  /** The keys that open the desktop app's panel for a quick task from every program; null: none. */
  quickEntryKeys: z
    .string()
    .refine(isShortcut, 'write modifiers and a key, as in "CommandOrControl+Alt+Shift+N"')
    .nullable()
    .default('CommandOrControl+Alt+Shift+N'),
  /** Which releases the desktop app fetches by itself; it installs none before the user says so. */
  updates: z.enum(['stable', 'beta', 'off']).default('stable'),
  /** The desktop app keeps the host from going to sleep while tasks run. */
  keepAwake: z.boolean().default(true),
})

export type Settings = Readonly<z.infer<typeof settingsSchema>>

export const settingsPath = (home: string): string => join(home, 'settings.json')

/**
 * What `settings.json` says, defaults for what it leaves out. Keys of other programs and later versions are passed over.
 * @throws AppError('home-unusable') that names the file and the setting; the file is left as it is.
 */
export function readSettings(home: string): Settings {
  const path = settingsPath(home)
  // Conf makes the folder that it reads from; with no file there is nothing to read.
  const stored = existsSync(path) ? readStored(home, path) : {}
  const parsed = settingsSchema.safeParse(stored)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError('home-unusable', `${path}: ${issue?.path.join('.')}: ${issue?.message}`, {
    hint: 'Correct the setting or delete it to have the default',
  })
}

/**
 * Writes the settings given into `settings.json`; what else it holds, keys of other programs included, stays as it is.
 * @throws AppError('argument-invalid') that names the setting, with nothing written; AppError('home-unusable') when the file
 * cannot be read or written.
 */
export function changeSettings(home: string, changes: Partial<Settings>): Settings {
  const parsed = settingsSchema.partial().strict().safeParse(changes)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('argument-invalid', `${issue?.path.join('.') || 'The settings'}: ${issue?.message}`)
  }
  readSettings(home) // A file that cannot be understood is the user's to correct, not ours to write over.
  try {
    new Conf({ cwd: home, configName: 'settings', configFileMode: 0o600 }).set(changes)
  } catch (error) {
    throw unusable(settingsPath(home), error)
  }
  return readSettings(home)
}

/** Keys of `settings.json` that mean nothing to us: another program's, a later version's, or misspelt. */
export function unknownSettings(home: string): readonly string[] {
  const path = settingsPath(home)
  if (!existsSync(path)) return []
  return Object.keys(readStored(home, path)).filter((key) => !(key in settingsSchema.shape))
}

/** Through Conf, the reader that the desktop app's electron-store is made of, so that both understand the file alike. */
function readStored(home: string, path: string): Record<string, unknown> {
  try {
    return { ...new Conf({ cwd: home, configName: 'settings' }).store }
  } catch (cause) {
    const reason = messageOf(cause).replaceAll('\n', ' ').replace(/\.$/, '')
    throw new AppError('home-unusable', `${path} cannot be read: ${reason}`, {
      hint: 'Correct it, or delete it to have the defaults',
      cause,
    })
  }
}
