import { type HtcondorPlace, wayTo } from '../../core/task/task-place.ts'
import { endedPipe, pipeProgram } from '../../lib/processes/pipe-program.ts'
import type { Engine } from '../engine.ts'
import { askEngine, type EngineCommands } from '../jobs/engine-commands.ts'
import { onHost } from '../jobs/on-host.ts'
import { sshEnvironment } from '../ssh/ssh-command.ts'
import { type HtcondorJob, parseJobs } from './htcondor-jobs.ts'
import {
  attachWords,
  cancelWords,
  isNothingToRemove,
  keeperDescription,
  lookWords,
  refusalIn,
  submitWords,
} from './htcondor-words.ts'

/** What HTCondor's commands need of our environment: nothing of the user's becomes part of a job by itself. */
export const htcondorEnvironment = (env: NodeJS.ProcessEnv = process.env): Record<string, string> => ({
  ...sshEnvironment(env),
  ...(env.CONDOR_CONFIG !== undefined && { CONDOR_CONFIG: env.CONDOR_CONFIG }),
})

/** A pool that HTCondor gives jobs to. @param home names this home there. */
export function htcondorEngine(place: HtcondorPlace, home: string): Engine {
  let jobs: ReadonlyMap<string, HtcondorJob> = new Map()
  const commands: EngineCommands = { place, env: htcondorEnvironment, refusalIn }
  return {
    hasQueue: true,
    submit: async (job, signal) =>
      void (await askEngine(commands, submitWords, { signal, input: keeperDescription(place, job) })),
    look: async (signal) => {
      jobs = parseJobs(await askEngine(commands, lookWords(home), { signal }), home)
      return new Map([...jobs].map(([seat, { state }]) => [seat, state]))
    },
    attach: (seat) => {
      const job = jobs.get(seat)
      if (!job) return endedPipe(`HTCondor at ${wayTo(place)} knows no job of the task`)
      return pipeProgram(...onHost(place.login, attachWords(place, job.id, seat)), { env: htcondorEnvironment() })
    },
    cancel: async (seat, signal) =>
      void (await askEngine({ ...commands, isDone: isNothingToRemove }, cancelWords(seat), { signal })),
  }
}
