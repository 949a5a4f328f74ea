import { allEnded } from '../../../lib/all-ended.ts'
import { pluggedDevices, type QemuMachine } from '../arguments.ts'
import { type LaunchParts, launchQemu } from '../launch-qemu.ts'
import type { StartedRun } from '../started-run.ts'
import { giveState } from './device-state.ts'
import { allocateMemory } from './guest-memory.ts'
import { loadMemory } from './memory-file.ts'
import { RestoreLine, restoreWords } from './restore-line.ts'
import type { Template } from './template-folder.ts'

/**
 * Starts a QEMU whose guest goes on where the template stands, with the devices of this machine plugged in. Resolves when the guest has said
 * that it found them all.
 */
export async function launchRestored(
  { memory: { file, saved }, devices }: Template,
  machine: QemuMachine,
  started: StartedRun,
  parts: Omit<LaunchParts, 'memory'>,
  signal: AbortSignal,
): ReturnType<typeof launchQemu> {
  const { run } = started
  // Each machine has a copy: virtiofsd maps the memory, too, and would see nothing of pages that QEMU alone has changed.
  await using memory = await allocateMemory(machine.memoryMiB * 2 ** 20, { started, ...parts }, signal)
  const launching = launchQemu(machine, started, { ...parts, memory }, signal)
  // Until it is given the state, QEMU neither reads nor writes what is loaded meanwhile.
  await allEnded([launching, loadMemory(file, saved, memory)])
  const launched = await launching
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
