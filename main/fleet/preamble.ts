import { Transform, type TransformCallback } from 'node:stream'

/** What comes before the first frame: the files that a login shell reads may print something of their own. */
export const preamble = Buffer.from('\0microvm-orchestrator-keeper\0')

/** More than this before it, and whoever answers is no keeper. */
const mostNoise = 64 * 1024

/** Lets through what follows the preamble. Ends with an error where it does not come. */
export class AfterPreamble extends Transform {
  #before: Buffer | null = Buffer.alloc(0)

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const held = this.#before === null ? chunk : Buffer.concat([this.#before, chunk])
    const at = this.#before === null ? -preamble.length : held.indexOf(preamble)
    if (at === -1) {
      this.#before = held
      done(held.length > mostNoise ? new Error('What answered is no keeper of a task') : null)
    } else {
      this.#before = null
      done(null, held.subarray(at + preamble.length))
    }
  }
}
