import { AppError } from '../core/failure.ts'
import { fileSignature } from '../lib/files/file-signature.ts'
import type { Log } from '../lib/log.ts'
import { changeSettings, readSettings, type Settings, settingsPath } from './settings.ts'

/** How often a store that is watched looks at the file by itself. */
const lookMs = 1_000

/** Settings that the server takes once, when it starts. */
const takenAtStart = ['port', 'host', 'auth', 'allowedHosts', 'runsPerMinute', 'otlpEndpoint'] as const
type TakenAtStart = Pick<Settings, (typeof takenAtStart)[number]>

type Key = keyof Settings

/**
 * The settings that are in force in this process. The file is looked at whenever someone asks, so an edit by hand holds from the next
 * question on, for everything alike. Anyone who needs a setting asks here when it needs it, and keeps no copy.
 */
export class SettingsStore implements Disposable {
  readonly #home: string
  readonly #log: Log
  readonly #watchers = new Set<{ readonly keys: readonly Key[]; readonly listener: () => void }>()
  #seen: string
  #stored: Settings
  #atStart: TakenAtStart
  #fault: AppError | null = null
  #looking: NodeJS.Timeout | undefined

  private constructor(home: string, log: Log) {
    this.#home = home
    this.#log = log
    this.#seen = fileSignature(settingsPath(home))
    this.#stored = readSettings(home)
    this.#atStart = ofStart(this.#stored)
  }

  /** @throws AppError('home-unusable') when the file cannot be understood. */
  static open(home: string, log: Log): SettingsStore {
    return new SettingsStore(home, log)
  }

  /** What the server in fact began with, where options of its start took the place of settings. */
  startedWith(taken: Partial<TakenAtStart>): void {
    this.#atStart = { ...this.#atStart, ...taken }
  }

  /** What is in force. While the file cannot be understood: what it said before. */
  current(): Settings {
    this.#look()
    return { ...this.#stored, ...this.#atStart }
  }

  /**
   * What is in force, for a task that is to begin.
   * @throws AppError('home-unusable') while the file cannot be understood: what the user means to forbid may stand in it.
   */
  requireCurrent(): Settings {
    const current = this.current()
    if (this.#fault) throw this.#fault
    return current
  }

  /** What the file says of settings that were taken at the start, where it is not what is in force. */
  atNextStart(): Partial<TakenAtStart> {
    this.#look()
    const waiting = takenAtStart.filter((key) => differs(this.#stored[key], this.#atStart[key]))
    return Object.fromEntries(waiting.map((key) => [key, this.#stored[key]]))
  }

  /** Why the file cannot be understood; null while it can. */
  get fault(): AppError | null {
    this.#look()
    return this.#fault
  }

  /**
   * Writes the settings given into the file, in force at once where they do not wait for the next start.
   * @throws as `changeSettings` does.
   */
  change(changes: Partial<Settings>): void {
    changeSettings(this.#home, changes)
    this.#look()
  }

  /** The listener is called, some time later, after the file changed any of these settings; it must not throw. @returns the end of it. */
  watch(keys: readonly Key[], listener: () => void): () => void {
    const watcher = { keys, listener }
    this.#watchers.add(watcher)
    this.#looking ??= setInterval(() => this.#look(), lookMs).unref()
    return () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this[Symbol.dispose]()
    }
  }

  /** Gives an object the settings as properties that are read at each use. A copy of the object has what held when it was made. */
  addTo<Target extends object, Name extends Key>(
    target: Target,
    names: readonly Name[],
  ): Target & Pick<Settings, Name> {
    for (const name of names) {
      Object.defineProperty(target, name, { enumerable: true, get: () => this.current()[name] })
    }
    return target as Target & Pick<Settings, Name>
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
    this.#looking = undefined
    this.#watchers.clear()
  }

  #look(): void {
    const seen = fileSignature(settingsPath(this.#home))
    if (seen === this.#seen) return
    this.#seen = seen // Before it is read: a change in between is read once more.
    const before = this.#stored
    const hadFault = this.#fault !== null
    try {
      this.#stored = readSettings(this.#home)
      this.#fault = null
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#fault = error
      this.#log.warn('the settings cannot be understood; what they said before stays in force, and no task begins', {
        reason: error.message,
      })
    }
    const changed = keysOf(this.#stored).filter((key) => differs(before[key], this.#stored[key]))
    for (const key of takenAtStart) {
      if (changed.includes(key)) this.#log.info('a changed setting holds from the next start on', { key })
    }
    const faultChanged = hadFault !== (this.#fault !== null)
    for (const { keys, listener } of this.#watchers) {
      // Later: who asked for a setting is in the middle of something.
      if (faultChanged || keys.some((key) => changed.includes(key))) queueMicrotask(listener)
    }
  }
}

const ofStart = (settings: Settings): TakenAtStart =>
  Object.fromEntries(takenAtStart.map((key) => [key, settings[key]])) as TakenAtStart

export const keysOf = (settings: Settings): readonly Key[] => Object.keys(settings) as Key[]

const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b)
