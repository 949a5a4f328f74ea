import { z } from 'zod'
import { type SshPlace, seatPattern } from '../../core/task/task-place.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { pipeProgram } from '../../lib/processes/pipe-program.ts'
import { run } from '../../lib/processes/spawn.ts'
import type { Engine, JobState } from '../engine.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { sshArguments, sshEnvironment } from './ssh-command.ts'

const answerBytes = 1024 ** 2
const answerMs = 60_000

const seenSchema = z.object({
  seat: z.string().regex(seatPattern),
  state: z.enum(['running', 'left']),
  node: z.string().max(200),
})

/**
 * One Linux machine that ssh leads to. It has no queue of its own: the keeper waits there for a slot and for memory. Whoever can log in there as
 * this user can reach the keepers, and nobody else. `home` names this home there.
 */
export function sshEngine(place: SshPlace, home: string): Engine {
  const ask = async (words: readonly string[], signal: AbortSignal): Promise<string> => {
    const args = sshArguments(place, [...place.command, ...words])
    const options = { env: sshEnvironment(), timeoutMs: answerMs, outputLimitBytes: answerBytes }
    const { ok, stdout, stderr, problem } = await run('ssh', args, options, signal)
    signal.throwIfAborted()
    if (ok) return stdout
    throw unreachablePlace(place, stderr || (problem ?? ''))
  }
  return {
    hasQueue: false,
    submit: async ({ seat }, signal) => void (await ask(['start', seat], signal)),
    look: async (signal) => {
      const states = new Map<string, JobState>()
      for (const line of (await ask(['look', home], signal)).split('\n')) {
        const seen = seenSchema.safeParse(parsedJson(line))
        if (!seen.success) continue // A login shell may print something of its own.
        const { seat, state, node } = seen.data
        states.set(
          seat,
          state === 'running'
            ? { kind: 'running', node }
            : { kind: 'ended', how: 'its keeper is gone', node, end: 'cut' },
        )
      }
      return states
    },
    attach: (seat) =>
      pipeProgram('ssh', sshArguments(place, [...place.command, 'attach', seat]), { env: sshEnvironment() }),
    cancel: async (seat, signal) => void (await ask(['stop', seat], signal)),
  }
}
