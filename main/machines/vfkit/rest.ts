import { z } from 'zod'
import { requestOverSocket } from '../../lib/http/http-socket.ts'

/** vfkit answers from memory; one that takes longer does not answer. */
const answerMs = 5_000

const stateSchema = z.object({
  state: z.enum([
    'VirtualMachineStateStopped',
    'VirtualMachineStateRunning',
    'VirtualMachineStatePaused',
    'VirtualMachineStateError',
    'VirtualMachineStateStarting',
    'VirtualMachineStatePausing',
    'VirtualMachineStateResuming',
    'VirtualMachineStateStopping',
    'VirtualMachineStateSaving',
    'VirtualMachineStateRestoring',
  ]),
  canPause: z.boolean(),
  canResume: z.boolean(),
  canStop: z.boolean(),
  canHardStop: z.boolean(),
})

type VfkitState = z.infer<typeof stateSchema>
type StateChange = 'Stop' | 'HardStop' | 'Pause' | 'Resume'

/** vfkit's control of one machine, over the unix socket of `--restful-uri`. */
export interface VfkitControl {
  state(signal: AbortSignal): Promise<VfkitState>
  /** Resolves when the change is asked for (202), not when it has happened. @throws with vfkit's reason when it refuses. */
  change(state: StateChange, signal: AbortSignal): Promise<void>
}

/** Every call throws when no one answers within some seconds, or with something else than documented. */
export function vfkitControl(socketPath: string): VfkitControl {
  const ask = async (path: string, signal: AbortSignal, body?: { readonly state: StateChange }): Promise<string> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
    const method = body === undefined ? 'GET' : 'POST'
    const { status, text } = await requestOverSocket({ socketPath, method, path, body }, limit)
    if (status === (body === undefined ? 200 : 202)) return text
    throw new Error(`vfkit answered ${status} to ${method} ${path}: ${text.slice(0, 500)}`)
  }
  return {
    state: async (signal) => stateSchema.parse(JSON.parse(await ask('/vm/state', signal))),
    change: async (state, signal) => void (await ask('/vm/state', signal, { state })),
  }
}
