import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import { isAlive } from '../../lib/processes/process-identity.ts'
import type { MachineDriver } from '../driver.ts'
import { forwardAddress, gatewayUrl } from '../forward.ts'
import type { GuestImage } from '../guest-image.ts'
import { reapMachines } from '../reap-machines.ts'
import { readRecord } from '../record.ts'
import { runDirectoryAt } from '../run-directory.ts'
import { ClockLine } from '../watch/clock-line.ts'
import { cleanUp, watchMachine } from '../watch/watch-machine.ts'
import { inspectMac, type MacHost } from './host.ts'
import { vfkitHypervisor } from './hypervisor.ts'
import { macProblems, refuseUnfit } from './problems.ts'
import { vfkitControl } from './rest.ts'
import { startMachine } from './start.ts'

const resumeMs = 5_000

export interface VfkitDriverOptions {
  /** The image that machines boot; asked for at each start, so it should remember its answer. */
  readonly image: (signal: AbortSignal) => Promise<GuestImage>
  /** The key of that image, without making it; left out, the image is asked for. */
  readonly imageKey?: () => Promise<string>
  readonly log: Log
  /** What is known of the host; left out, it is looked at. */
  readonly host?: () => Promise<MacHost>
}

/**
 * Machines by Apple's virtualisation framework: vfkit processes of their own that outlive this one. An open guest has a card on the
 * framework's NAT, a closed one has none; forwards and the gateway come over vsock in both.
 */
export function createVfkitDriver({
  image,
  imageKey = async () => (await image(new AbortController().signal)).key,
  log,
  host = inspectMac,
}: VfkitDriverOptions): MachineDriver {
  return {
    name: 'vfkit',
    forwardAddress,
    gatewayUrl,
    canClose: true,
    imageKey,
    canRestore: false,
    canLayEnvironment: false,
    problems: async () => macProblems(await host()),

    /** The framework shows every file as belonging to anyone who looks. */
    prepareOwnership: async () => undefined,

    async start(spec, signal) {
      signal.throwIfAborted()
      const facts = await host()
      refuseUnfit(facts)
      return await startMachine(
        spec,
        { host: facts, image: await image(signal), log: log.with({ machine: spec.name }) },
        signal,
      )
    },

    async adopt(handle) {
      if (!(await isAlive(handle))) {
        await cleanUp(handle)
        return undefined
      }
      const { consolePath } = await readRecord(handle.runDirectory)
      const control = vfkitControl(handle.controlSocket)
      const run = runDirectoryAt(handle.runDirectory)
      const clock = new ClockLine(run.clockSocket)
      const machineLog = log.with({ machine: handle.runDirectory })
      const hypervisor = vfkitHypervisor({ control, clock }, consolePath)
      const hasLine = await pathExists(run.attachSocket)
      const machine = watchMachine({ handle, consolePath, hasLine, ended: undefined, hypervisor, log: machineLog })
      // It may have been paused by a process that died before its host woke.
      await machine.resume(AbortSignal.timeout(resumeMs)).catch((error: unknown) => {
        machineLog.warn('machine does not answer', { error: String(error) })
      })
      return machine
    },

    reap: (owner, keep, signal) => reapMachines(owner, keep, log, signal),
  }
}
