import type { HtcondorPlace } from '../../core/task/task-place.ts'
import { lastLine } from '../../lib/last-line.ts'
import { run } from '../../lib/processes/spawn.ts'
import { onHost } from '../jobs/on-host.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { doctorRun, freeNodeS, type PlaceProblem, problemsIn, unseenNode } from '../set-up/doctor-lines.ts'
import { htcondorEnvironment } from './htcondor-engine.ts'
import { onceDescription, refusalIn, submitWords } from './htcondor-words.ts'

/** Longer than a node is waited for and looked at. */
const probeMinutes = 3

/**
 * Looks at one node, whichever HTCondor gives to a job of its own, in the way in which a task is reached there: what a task needs of the pool itself
 * is looked at, too. @throws AppError('place-unreachable')
 */
export async function htcondorProblems(place: HtcondorPlace, signal?: AbortSignal): Promise<readonly PlaceProblem[]> {
  const options = { env: htcondorEnvironment(), ...doctorRun }
  const ask = (words: readonly string[], more: { readonly input?: string; readonly timeoutMs?: number } = {}) =>
    run(...onHost(place.login, words), { ...options, ...more }, signal)
  const probe = ['exec', 'sleep', String(probeMinutes * 60)]
  const more = ['request_memory = 64M', 'batch_name = mvo-doctor']
  const input = onceDescription(place, probe, { minutes: probeMinutes, at: null, more })
  const submitted = await ask(submitWords, { input })
  const job = /^(\d+\.\d+) - /m.exec(submitted.stdout)?.[1]
  if (job === undefined) {
    const said = submitted.stderr || (submitted.problem ?? '')
    const refusal = refusalIn(said)
    if (refusal === undefined) throw unreachablePlace(place, said)
    return [unseenNode(refusal)]
  }
  try {
    const words = [
      'condor_ssh_to_job',
      '-auto-retry',
      job,
      '/bin/sh',
      '-lc',
      `'exec ${place.command.join(' ')} doctor'`,
    ]
    const { exitCode, stdout, stderr } = await ask(words, { timeoutMs: freeNodeS * 1_000 })
    const found = problemsIn(stdout)
    if (exitCode === 0 || found.length > 0) return found
    return [unseenNode((await whyItWaits()) || lastLine(stderr))]
  } finally {
    await run(...onHost(place.login, ['condor_rm', job]), options)
  }

  async function whyItWaits(): Promise<string> {
    const { stdout } = await ask([
      'condor_q',
      job ?? '',
      '-format',
      '%s',
      'LastRejMatchReason',
      '-format',
      '%s',
      'HoldReason',
    ])
    return stdout.trim()
  }
}
