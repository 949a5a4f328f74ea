import { type SlurmPlace, wayTo } from '../../core/task/task-place.ts'
import { endedPipe, pipeProgram } from '../../lib/processes/pipe-program.ts'
import type { Engine } from '../engine.ts'
import { askEngine, type EngineCommands } from '../jobs/engine-commands.ts'
import { onHost } from '../jobs/on-host.ts'
import { sshEnvironment } from '../ssh/ssh-command.ts'
import { jobFormat, jobName, parseJobs, type SlurmJob } from './slurm-jobs.ts'
import { attachWords, jobScript, refusalIn, submitWords } from './slurm-words.ts'

/** Features change when an administrator changes them. */
const featuresMs = 10 * 60_000

/** What Slurm's commands need of our environment: nothing of the user's becomes part of a job by itself. */
export const slurmEnvironment = (env: NodeJS.ProcessEnv = process.env): Record<string, string> => ({
  ...sshEnvironment(env),
  ...(env.SLURM_CONF !== undefined && { SLURM_CONF: env.SLURM_CONF }),
})

/** A cluster that Slurm gives jobs to. @param home names this home there. */
export function slurmEngine(place: SlurmPlace, home: string): Engine {
  let jobs: ReadonlyMap<string, SlurmJob> = new Map()
  const commands: EngineCommands = { place, env: slurmEnvironment, refusalIn }
  const features = new NodeFeatures((words, signal) => askEngine(commands, words, { signal }))
  return {
    hasQueue: true,
    submit: async (job, signal) => {
      const near = job.near !== null && (await features.has(job.near, signal)) ? job.near : null
      const input = jobScript(place, job.seat)
      await askEngine(commands, submitWords(place, { ...job, near }), { signal, input })
    },
    look: async (signal) => {
      const words = ['squeue', '--me', '--noheader', '--states=all', `--format=${jobFormat}`]
      jobs = parseJobs(await askEngine(commands, words, { signal }), home)
      return new Map([...jobs].map(([seat, { state }]) => [seat, state]))
    },
    attach: (seat) => {
      const job = jobs.get(seat)
      if (!job) return endedPipe(`Slurm at ${wayTo(place)} knows no job of the task`)
      return pipeProgram(...onHost(place.login, attachWords(place, job.id, seat)), { env: slurmEnvironment() })
    },
    cancel: async (seat, signal) =>
      void (await askEngine(commands, ['scancel', '--quiet', '--me', `--name=${jobName(seat)}`], { signal })),
  }
}

/** Asked for where an administrator has given each node its own name as a feature: Slurm has no other wish for a node. */
class NodeFeatures {
  readonly #ask: (words: readonly string[], signal: AbortSignal) => Promise<string>
  #known: Promise<ReadonlySet<string>> | undefined
  #askedAt = 0

  constructor(ask: (words: readonly string[], signal: AbortSignal) => Promise<string>) {
    this.#ask = ask
  }

  /** Whether a node has a feature of its own name. Never rejects: it is for a wish. */
  async has(node: string, signal: AbortSignal): Promise<boolean> {
    if (!this.#known || performance.now() - this.#askedAt > featuresMs) {
      this.#askedAt = performance.now()
      this.#known = this.#ask(['sinfo', '--noheader', '--Node', '--format=%N|%f'], signal).then(
        nodesOfTheirOwn,
        () => new Set(),
      )
    }
    return (await this.#known).has(node)
  }
}

/** Nodes that have a feature of their own name, from the lines of `sinfo`. Pure. */
export const nodesOfTheirOwn = (text: string): ReadonlySet<string> =>
  new Set(
    text.split('\n').flatMap((line) => {
      const [node = '', features = ''] = line.split('|')
      return features.split(',').includes(node) ? [node] : []
    }),
  )
