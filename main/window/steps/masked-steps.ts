import { BoundedLines } from '../../lib/guest/bounded-lines.ts'
import { mask } from '../../lib/guest/scrub.ts'
import { StepLog } from './step-log.ts'

const lineLimitBytes = 4 * 1024 ** 2

/** The steps that a growing stream tells, read from its bytes. */
export class MaskedSteps {
  readonly #lines = new BoundedLines(lineLimitBytes)
  readonly log = new StepLog()

  /** The next bytes of the stream, cut anywhere. `secrets` are never shown. */
  add(chunk: Buffer, secrets: readonly string[]): void {
    for (const line of this.#lines.add(chunk)) {
      const bytes = Buffer.from(line)
      const safe = mask(bytes, secrets)
      this.log.add(safe === bytes ? line : safe.toString('utf8'))
    }
  }
}
