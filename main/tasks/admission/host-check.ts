import { AppError } from '../../core/failure.ts'
import { unreachable } from '../../core/unreachable.ts'
import { hostSize, type Size } from '../../lib/host-size.ts'
import type { Log } from '../../lib/log.ts'
import type { MachineDriver, Problem } from '../../machines/driver.ts'
import type { Provisions } from '../slots/provisions.ts'

/** What was found is trusted for so long without another look. */
const freshMs = 30_000
/** A look that takes longer is given up; the next task waits for another. */
const lookMs = 60_000

type Needs = Pick<Provisions, 'egress' | 'forwards' | 'gateway'>

export interface HostCheckOptions {
  readonly driver: Pick<MachineDriver, 'problems'>
  /** What a machine is given. Read at each task: the setting can change. */
  readonly limits: Pick<Size, 'memoryMiB'>
  readonly log: Log
  /** Replaces the host's own size in tests. */
  readonly size?: () => Size
}

/**
 * Refuses a task at once where its machine cannot start, before a slot or a clone is made for it. A look starts programs and takes long on
 * a busy host, so a host that was found complete is trusted, and looked at again behind the next task; one that was not is looked at
 * before the next task is refused, since the user may have mended it.
 */
export class HostCheck {
  readonly #options: HostCheckOptions
  #known: { readonly at: number; readonly problems: readonly Problem[] } | undefined
  #looking: Promise<readonly Problem[]> | undefined

  constructor(options: HostCheckOptions) {
    this.#options = options
  }

  /** @throws AppError('host-incomplete') with the first thing that is missing and its cure. */
  async require(needs: Needs): Promise<void> {
    const { limits, size = hostSize } = this.#options
    requireSize(limits, size())
    const concerns = (problem: Problem): boolean => !problem.optional && isNeeded(problem, needs)
    if (this.#known && !this.#known.problems.some(concerns)) {
      if (performance.now() - this.#known.at > freshMs) this.lookAhead()
      return
    }
    const [problem] = (await this.#look()).filter(concerns)
    if (problem) throw new AppError('host-incomplete', problem.message, { hint: problem.cure })
  }

  /** Has a look under way, so that the next task need not wait for it. */
  lookAhead(): void {
    this.#look().catch((error: unknown) => {
      this.#options.log.warn('this host could not be looked at', { reason: String(error) })
    })
  }

  #look(): Promise<readonly Problem[]> {
    this.#looking ??= this.#options.driver
      .problems(AbortSignal.timeout(lookMs))
      .then((problems) => {
        this.#known = { at: performance.now(), problems }
        return problems
      })
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }
}

/** However long a task waits, its machine never fits. */
function requireSize({ memoryMiB }: Pick<Size, 'memoryMiB'>, host: Size): void {
  if (memoryMiB <= host.memoryMiB) return
  throw new AppError(
    'host-incomplete',
    `A machine is to have ${memoryMiB} MiB of memory, and this host has ${host.memoryMiB} MiB in all`,
    { hint: 'Lower memoryMiB in settings.json, or "Memory of a machine" in the window' },
  )
}

function isNeeded({ onlyFor }: Problem, { egress, forwards, gateway }: Needs): boolean {
  switch (onlyFor) {
    case undefined:
      return true
    case 'open-egress':
      return egress === 'open'
    case 'forwards':
      return forwards.length > 0 || gateway !== undefined
    default:
      return unreachable(onlyFor)
  }
}
