import { chmod, type FileHandle, stat } from 'node:fs/promises'
import type { Command } from '../command.ts'
import { isReadOnly, type MachineSpec } from '../driver.ts'
import type { GuestImage } from '../guest-image.ts'
import type { Hardware } from '../hardware.ts'
import { type HelperProcess, startHelper } from '../helper-process.ts'
import type { HelperUser } from '../helper-user.ts'
import type { RunDirectory } from '../run-directory.ts'
import { prepareConsole } from '../watch/console.ts'
import { untilReady } from '../watch/until-ready.ts'
import { type QemuFacts, type QemuMachine, qemuArguments } from './arguments.ts'
import type { Confinement } from './confine.ts'
import { ShutdownWitness } from './hypervisor.ts'
import { connectQmp, type Qmp } from './qmp.ts'
import type { StartedRun } from './started-run.ts'

export interface LaunchParts {
  readonly user: HelperUser
  readonly confinement: Confinement
  readonly qemu: { readonly path: string }
  readonly facts: QemuFacts
  /** Of the guest, where it has to do with a template; QEMU makes it else. */
  readonly memory?: FileHandle
}

/** What every machine of this image has, by the paths under which QEMU finds it. */
export async function hardwareOf(
  { cpus, memoryMiB, volumes, consolePath }: Pick<MachineSpec, 'cpus' | 'memoryMiB' | 'volumes' | 'consolePath'>,
  {
    image,
    run,
    user,
    confinement,
  }: Pick<LaunchParts, 'user' | 'confinement'> & { image: GuestImage; run: RunDirectory },
): Promise<Hardware> {
  await prepareConsole(consolePath, user)
  const readOnly = volumes.filter(isReadOnly).map(({ path }) => path)
  if (user.kind === 'dropped')
    for (const path of [image.kernel, image.initrd, image.root, ...readOnly]) await makeReadable(path)
  return {
    cpus,
    memoryMiB,
    kernel: await confinement.expose(image.kernel),
    initrd: await confinement.expose(image.initrd),
    kernelParameters: image.kernelParameters,
    root: await confinement.expose(image.root),
    volumes: await Promise.all(
      volumes.map(async ({ serial, path }) => ({ serial, path: await confinement.expose(path) })),
    ),
    console: await confinement.expose(consolePath),
    controlSocket: run.controlSocket,
    clockSocket: run.clockSocket,
    attachSocket: run.attachSocket,
  }
}

/** Starts QEMU; resolves once it answers. */
export async function launchQemu(
  machine: QemuMachine,
  started: StartedRun,
  { confinement, qemu, facts, memory }: LaunchParts,
  signal: AbortSignal,
): Promise<{ readonly process: HelperProcess; readonly qmp: Qmp; readonly witness: ShutdownWitness }> {
  const { run } = started
  const command: Command = [qemu.path, ...qemuArguments(machine, facts)]
  const process = await started.started(
    startHelper('qemu', confinement.command(command), run.log('qemu'), memory && { holds: memory.fd }),
  )
  const witness = new ShutdownWitness()
  const qmp = await untilReady(process, run, () => connectQmp(run.controlSocket, witness.onEvent, signal), signal)
  return { process, qmp, witness }
}

/** A root whose umask is strict makes images that no helper could read. */
async function makeReadable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o444) !== 0o444) await chmod(path, (mode & 0o777) | 0o444)
}
