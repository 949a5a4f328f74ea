import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/failure.ts'
import type { Log } from './log.ts'

const retryMs = 2_000

/** What a host short of something answers: disk, quota, descriptors, processes, or a file system that may not be written now. */
const codes = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EROFS'])
/** A full disk, or a quota that is used up, as programs word it. */
const fullWords = /No space left on device|Disk quota exceeded|\b(ENOSPC|EDQUOT)\b/
/** The rest as programs word it; git says no more than this. */
const words =
  /Too many open files|Resource temporarily unavailable|Cannot allocate memory|Read-only file system|\b(EMFILE|ENFILE|EROFS)\b/

/** Whether the error, or what caused it, passes by itself once the host has room again. */
export function isShortage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AppError && error.code === 'disk-full') return true
  return codes.has((error as NodeJS.ErrnoException).code ?? '') || says(error.message) || isShortage(error.cause)
}

const says = (text: string): boolean => saysDiskFull(text) || words.test(text)

/** Whether a program's message means that a disk is full, or a quota used up. */
export const saysDiskFull = (text: string): boolean => fullWords.test(text)

/**
 * Waits for a host that is short of room, where the other way would be to lose something. Its end by the signal leaves what was not
 * done to the next start.
 */
export class ShortageRetry {
  readonly #log: Log
  readonly #signal: AbortSignal

  constructor(log: Log, signal: AbortSignal) {
    this.#log = log
    this.#signal = signal
  }

  /** Does it until it can be done. @throws any error that is no shortage, and a shortage too once the signal has fired. */
  async until<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    for (let told = false; ; told = true) {
      try {
        const result = await act()
        if (told) this.#log.info('there is room again', { what })
        return result
      } catch (error) {
        if (!isShortage(error) || this.#signal.aborted) throw error
        if (!told) this.#log.warn('there is no room: waiting for it', { what, reason: String(error) })
      }
      // Woken early by the signal, it tries once more and then gives up.
      await sleep(retryMs, undefined, { signal: this.#signal, ref: false }).catch(() => undefined)
    }
  }
}
