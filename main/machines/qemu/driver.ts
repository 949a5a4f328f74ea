import type { MachineHandle } from '../../core/task/task.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import { isAlive } from '../../lib/processes/process-identity.ts'
import { runOrThrow } from '../../lib/processes/spawn.ts'
import type { Machine, MachineDriver } from '../driver.ts'
import { forwardAddress, gatewayUrl } from '../forward.ts'
import type { GuestImage } from '../guest-image.ts'
import { findHelperUser } from '../helper-user.ts'
import { required } from '../host/required.ts'
import { reapMachines } from '../reap-machines.ts'
import { readRecord } from '../record.ts'
import { runDirectoryAt } from '../run-directory.ts'
import { ClockLine } from '../watch/clock-line.ts'
import { cleanUp, watchMachine } from '../watch/watch-machine.ts'
import { findAcceleration } from './acceleration.ts'
import type { Acceleration, Architecture } from './arguments.ts'
import { hostArchitecture, inspectHost } from './host.ts'
import { qemuHypervisor, ShutdownWitness } from './hypervisor.ts'
import { hostProblems } from './problems.ts'
import { connectQmp } from './qmp.ts'
import { startMachine } from './start.ts'
import { restores, Templates } from './template/templates.ts'

export interface QemuDriverOptions {
  /** The image that machines boot; asked for at each start, so it should remember its answer. */
  readonly image: (signal: AbortSignal) => Promise<GuestImage>
  /** The key of that image, without making it; left out, the image is asked for. */
  readonly imageKey?: () => Promise<string>
  /** Holds the unpacked tools and the verdict on KVM. */
  readonly cacheDirectory: string
  readonly log: Log
  /** Left out, it is found by probing; a processor other than the host's is always emulated. */
  readonly accel?: Acceleration
  /** Of the machines; left out, it is the host's. */
  readonly architecture?: Architecture
  /** Whether machines are restored from templates of memory, asked at each start. Default: they are booted. */
  readonly restore?: () => boolean
}

/** Machines by QEMU on Linux: processes of their own that outlive this one. */
export function createQemuDriver({
  image,
  imageKey = async () => (await image(new AbortController().signal)).key,
  cacheDirectory,
  log,
  accel,
  architecture = hostArchitecture(),
  restore = () => false,
}: QemuDriverOptions): MachineDriver {
  const acceleration = architecture === hostArchitecture() ? accel : 'tcg'
  const templates = new Templates()
  return {
    name: 'qemu',
    forwardAddress,
    gatewayUrl,
    canClose: true,
    imageKey,
    canRestore: restores(architecture),
    canLayEnvironment: true,
    problems: (signal) => hostProblems(cacheDirectory, architecture, signal),

    async prepareOwnership(paths, signal) {
      const user = required(await findHelperUser(), 'The system user that runs virtual machines')
      if (user.kind === 'caller' || paths.length === 0) return
      // -h: a link that a guest left must not lead this to another file.
      await runOrThrow('chown', ['-R', '-h', '-P', `${user.uid}:${user.gid}`, '--', ...paths], {}, signal)
    },

    async start(spec, signal) {
      signal.throwIfAborted()
      const host = await inspectHost(cacheDirectory, architecture)
      const user = required(host.user, 'The system user that runs virtual machines')
      const qemu = required(host.qemu, 'QEMU').path
      const guest = await image(signal)
      const probe = { qemu, architecture: host.architecture, user, kernel: guest.kernel }
      const parts = {
        host,
        image: guest,
        acceleration: acceleration ?? (await findAcceleration(probe, cacheDirectory, signal)),
        log: log.with({ machine: spec.name }),
      }
      return restore() ? await templates.start(spec, parts, signal) : await startMachine(spec, parts, signal)
    },

    adopt: (handle) => adoptMachine(handle, log.with({ machine: handle.runDirectory })),

    reap: (owner, keep, signal) => reapMachines(owner, keep, log, signal),
  }
}

/** QEMU answers at once; on a crowded host, where ten machines are adopted together, within seconds. */
const answerMs = 30_000

async function adoptMachine(handle: MachineHandle, log: Log): Promise<Machine | undefined> {
  if (!(await isAlive(handle))) {
    await cleanUp(handle)
    return undefined
  }
  const witness = new ShutdownWitness()
  const { consolePath } = await readRecord(handle.runDirectory)
  const qmp = await connectQmp(handle.controlSocket, witness.onEvent, AbortSignal.timeout(answerMs)).catch(
    (error: unknown) => {
      log.warn('machine does not answer', { error: String(error) })
      return undefined
    },
  )
  const run = runDirectoryAt(handle.runDirectory)
  const clock = new ClockLine(run.clockSocket)
  await clock.open(AbortSignal.timeout(answerMs)).catch((error: unknown) => {
    log.warn('machine cannot be told the time', { error: String(error) })
  })
  const hypervisor = qemuHypervisor({ qmp, clock, witness }, consolePath)
  const hasLine = await pathExists(run.attachSocket)
  return watchMachine({ handle, consolePath, hasLine, ended: undefined, hypervisor, log })
}
