import { type ChildEnd, type ChildSession, startSession } from '../lib/processes/child-session.ts'
import { familyMemory, memoryLookMs } from '../lib/processes/family-memory.ts'
import type { WorkerCommand } from './command.ts'
import type { JobLimits } from './limits.ts'
import { errorThatCame, errorToSend, type FromWorker, fromWorker, type ToWorker } from './messages.ts'
import { WorkerDied } from './worker-died.ts'

/** How long a job has to end by itself once no one wants its answer. */
const abortMs = 15_000
/** A process that was killed is gone within moments; one that hangs in the kernel is waited for no longer. */
const killedMs = 5_000

export interface Job {
  readonly name: string
  readonly input: unknown
  /** A file that the process deletes when we die in the middle. */
  readonly attempt?: string | undefined
}

interface UnderWay {
  readonly limits: JobLimits
  readonly resolve: (message: Exclude<FromWorker, { kind: 'publishing' }> | WorkerDied) => void
  isPublishing: boolean
  onPublishing: (isPublishing: boolean) => void
}

/** One worker process, which does one job at a time. Whatever it says or does, and however it ends, is an error of its job at most. */
export class WorkerProcess {
  #session: ChildSession | undefined
  #job: UnderWay | undefined
  #line: Buffer[] = []
  #bytes = 0
  #isOver = false

  static async start({ file, args, env }: WorkerCommand): Promise<WorkerProcess> {
    const worker = new WorkerProcess()
    const session = await startSession(file, args, { env, onBytes: (chunk) => worker.#hear(chunk) })
    worker.#session = session
    void session.ended.then((end) => worker.#die(deathOf(end)))
    return worker
  }

  /** It takes no more jobs: it has ended, or is about to. */
  get isOver(): boolean {
    return this.#isOver
  }

  get pid(): number {
    return this.#session?.pid ?? 0
  }

  /** Whether this process stays alive for it. */
  hold(isHeld: boolean): void {
    this.#session?.hold(isHeld)
  }

  /** @throws WorkerDied, or what the job threw. */
  async run({ name, input, attempt }: Job, limits: JobLimits, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted()
    if (this.#isOver || this.#job) throw new WorkerDied('had ended before')
    const { promise, resolve } = Promise.withResolvers<Parameters<UnderWay['resolve']>[0]>()
    let deadline = this.#timer(limits.timeMs)
    let publishDeadline: NodeJS.Timeout | undefined
    const onPublishing = (isPublishing: boolean): void => {
      clearTimeout(deadline)
      if (isPublishing) publishDeadline ??= this.#timer(limits.publishMs)
      else deadline = this.#timer(signal?.aborted ? abortMs : limits.timeMs)
    }
    const onAbort = (): void => {
      this.#tell({ kind: 'abort', reason: errorToSend(signal?.reason) })
      if (this.#job?.isPublishing) return
      clearTimeout(deadline)
      deadline = this.#timer(abortMs)
    }
    this.#bytes = 0
    this.#job = { limits, resolve, isPublishing: false, onPublishing }
    signal?.addEventListener('abort', onAbort, { once: true })
    const memory = this.#watchMemory(limits.memoryBytes)
    try {
      this.#tell({ kind: 'job', name, input, attempt })
      const message = await promise
      if (message instanceof WorkerDied) {
        await this.#gone()
        throw message
      }
      if (message.kind === 'failed') throw errorThatCame(message.error)
      return message.output
    } finally {
      this.#job = undefined
      signal?.removeEventListener('abort', onAbort)
      clearTimeout(deadline)
      clearTimeout(publishDeadline)
      clearInterval(memory)
    }
  }

  /** Ends it with all that it started. */
  async end(): Promise<void> {
    this.#die('was ended')
    await this.#gone()
  }

  #tell(message: ToWorker): void {
    this.#session?.tell(JSON.stringify(message))
  }

  #timer(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#die(`took too long and was ended`), ms)
  }

  #watchMemory(limitBytes: number): NodeJS.Timeout {
    return setInterval(() => {
      const look = familyMemory(this.pid).then((bytes) => {
        if (bytes > limitBytes) this.#die(`filled more than ${Math.round(limitBytes / 1024 ** 2)} MiB and was ended`)
      })
      look.catch(() => undefined) // A look that fails is made again in a moment.
    }, memoryLookMs)
  }

  /** Bytes may be anything: they are counted before they are kept, and a line that is no message ends the process. */
  #hear(chunk: Buffer): void {
    if (this.#isOver) return
    this.#bytes += chunk.length
    if (!this.#job || this.#bytes > this.#job.limits.answerBytes) {
      this.#die(this.#job ? `answered more than ${this.#job.limits.answerBytes} bytes` : 'spoke unasked')
      return
    }
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0 && !this.#isOver; end = chunk.indexOf(0x0a, start)) {
      const line = Buffer.concat([...this.#line, chunk.subarray(start, end)])
      this.#line = []
      start = end + 1
      this.#read(line)
    }
    if (start < chunk.length) this.#line.push(chunk.subarray(start))
  }

  #read(line: Buffer): void {
    let message: FromWorker
    try {
      message = fromWorker.parse(JSON.parse(line.toString('utf8')))
    } catch {
      this.#die('said what no worker says')
      return
    }
    if (message.kind !== 'publishing') {
      this.#job?.resolve(message)
      return
    }
    if (!this.#job || this.#job.isPublishing === message.isPublishing) return
    this.#job.isPublishing = message.isPublishing
    this.#job.onPublishing(message.isPublishing)
  }

  #die(how: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#line = []
    this.#session?.kill()
    this.#job?.resolve(new WorkerDied(how))
  }

  /** Nothing of it writes any more when this resolves. */
  async #gone(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, killedMs)
    })
    await Promise.race([this.#session?.ended, late])
    clearTimeout(timer)
    this.#session?.kill() // What it started may have outlived it.
  }
}

function deathOf({ exitCode, signal, lastWords }: ChildEnd): string {
  const said = /^(?:FATAL ERROR|#\s*Fatal|\w*Error):?.*$/m.exec(lastWords)?.[0] ?? ''
  const words = said.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
  return `ended ${signal === null ? `with exit status ${exitCode}` : `by ${signal}`}${words === '' ? '' : `: ${words}`}`
}
