import { pluggedDevices, type QemuMachine } from '../arguments.ts'
import { type LaunchParts, launchQemu } from '../launch-qemu.ts'
import type { StartedRun } from '../started-run.ts'
import { giveState } from './device-state.ts'
import { RestoreLine, restoreWords } from './restore-line.ts'
import type { TemplateCopy } from './template-copy.ts'

/**
 * Starts a QEMU whose guest goes on where the template stands, with the devices of this machine plugged in. Resolves when the guest has said
 * that it found them all.
 */
export async function launchRestored(
  { memory, loaded, devices }: TemplateCopy,
  machine: QemuMachine,
  started: StartedRun,
  parts: Omit<LaunchParts, 'memory'>,
  signal: AbortSignal,
): ReturnType<typeof launchQemu> {
  const { run } = started
  const launched = await launchQemu(machine, started, { ...parts, memory: await memory }, signal)
  await loaded
  const { qmp } = launched
  await giveState(qmp, run.stateSocket, devices, signal)
  using line = await RestoreLine.open(run.restoreSocket, signal)
  line.say(restoreWords(machine))
  await qmp.execute('cont', signal)
  await line.hear('seeded', signal)
  // Standing still, so that the guest looks for all of them at once.
  await qmp.execute('stop', signal)
  for (const device of pluggedDevices(machine)) {
    await qmp.execute({ execute: 'device_add', arguments: device }, signal)
  }
  await qmp.execute('cont', signal)
  await line.hear('restored', signal)
  return launched
}
