import type { ShownSettings, WindowSettings } from '../../preload/settings.ts'
import { AppError } from '../core/failure.ts'
import type { SettingsStore } from '../settings/settings-store.ts'

/** Complete by the compiler. What else `settings.json` holds (who may reach the server, where key and code go, who hears of tasks, what guests have in common) is changed there alone. */
const names: Readonly<Record<keyof WindowSettings, true>> = {
  port: true,
  egress: true,
  memoryMiB: true,
  cpus: true,
  warmMachines: true,
  queue: true,
  queuePaused: true,
  taskTimeoutMs: true,
  maxCostUsd: true,
  maxTokens: true,
  silenceTimeoutMs: true,
  minFreeGiB: true,
  pruneAfterDays: true,
  onQuit: true,
  resolveConflicts: true,
  runsPerMinute: true,
  privateNetworks: true,
  serverTools: true,
  asAtHome: true,
  guest: true,
  guestImage: true,
  bootTimeoutMs: true,
  powerOffTimeoutMs: true,
  idleBackgroundMs: true,
  onUsageLimit: true,
  heldPaths: true,
  trailers: true,
  tasksFolder: true,
  linkClones: true,
  theme: true,
  notifyCompleted: true,
  notifyFailed: true,
  notifyConflicts: true,
  notifyParked: true,
  notifyWarnings: true,
  notifySound: true,
  quickEntryKeys: true,
  updates: true,
  keepAwake: true,
}

/** The settings that a window may see and change: what is in force, and what waits for the next start. */
export const windowSettings = (settings: Pick<SettingsStore, 'current' | 'atNextStart'>): ShownSettings => ({
  ...(ofWindow(settings.current()) as unknown as WindowSettings),
  atNextStart: ofWindow(settings.atNextStart()),
})

const ofWindow = (settings: object): object =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => isOfWindow(name)))

/** @throws AppError('argument-invalid') for a setting that is not the window's to change; values are checked by `changeSettings`. */
export function requireWindowSettings(changes: Readonly<Record<string, unknown>>): void {
  const foreign = Object.keys(changes).find((name) => !isOfWindow(name))
  if (foreign !== undefined) throw new AppError('argument-invalid', `${foreign}: this is no setting of the window`)
}

const isOfWindow = (name: string): boolean => Object.hasOwn(names, name)
