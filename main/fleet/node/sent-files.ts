import { type FileHandle, open, rm } from 'node:fs/promises'
import { channels } from '../protocol.ts'
import type { SeatFiles } from './seat-files.ts'

/** What home sends of a task before it is assigned, each whole and in a file of the seat. */
export class SentFiles {
  readonly #paths: ReadonlyMap<number, string>
  readonly #open = new Map<number, FileHandle>()

  constructor({ clonePack, past }: SeatFiles) {
    this.#paths = new Map([
      [channels.clone, clonePack],
      [channels.work, past.work],
      [channels.session, past.session],
      [channels.stream, past.stream],
    ])
  }

  /** Whether bytes on the channel are of one of them. */
  has(channel: number): boolean {
    return this.#paths.has(channel)
  }

  /** What an earlier connection brought is none of this one's. */
  async clear(): Promise<void> {
    await this.close()
    for (const path of this.#paths.values()) await rm(path, { force: true })
  }

  async take(channel: number, bytes: Buffer): Promise<void> {
    const path = this.#paths.get(channel)
    if (path === undefined) return
    const file = this.#open.get(channel) ?? (await open(path, 'w', 0o600))
    this.#open.set(channel, file)
    await file.appendFile(bytes)
  }

  /** Resolves when all that came is in the files. */
  async close(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const file of open) await file.close()
  }
}
