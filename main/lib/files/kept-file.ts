import { fileSignature } from './file-signature.ts'

/** Two changes within one clock tick look the same: what was read so soon after a change was first seen is read once more. */
const settleMs = 1_000

/** What a small file says, read again only when it may have changed. It is looked at whenever someone asks. What fails is not kept. */
export class KeptFile<Value> {
  readonly #path: string
  readonly #read: () => Promise<Value>
  #kept:
    | { readonly signature: string; readonly seenAt: number; readonly readAt: number; readonly value: Value }
    | undefined

  constructor(path: string, read: () => Promise<Value>) {
    this.#path = path
    this.#read = read
  }

  /** @throws what reading it throws. */
  async get(): Promise<Value> {
    const signature = fileSignature(this.#path)
    const kept = this.#kept?.signature === signature ? this.#kept : undefined
    if (kept && kept.readAt - kept.seenAt > settleMs) return kept.value
    const readAt = performance.now()
    const value = await this.#read()
    this.#kept = { signature, seenAt: kept?.seenAt ?? readAt, readAt, value }
    return value
  }
}
