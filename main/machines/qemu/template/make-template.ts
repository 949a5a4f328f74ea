import { join } from 'node:path'
import type { MachineSpec } from '../../driver.ts'
import type { GuestImage } from '../../guest-image.ts'
import { lastLines } from '../../helper-process.ts'
import type { HelperUser } from '../../helper-user.ts'
import { readyMs, untilReady } from '../../watch/until-ready.ts'
import type { QemuFacts } from '../arguments.ts'
import { Confinement } from '../confine.ts'
import { hardwareOf, launchQemu } from '../launch-qemu.ts'
import { noNetwork } from '../network.ts'
import { StartedRun } from '../started-run.ts'
import { takeState } from './device-state.ts'
import { allocateMemory } from './guest-memory.ts'
import { saveMemory } from './memory-file.ts'
import { RestoreLine } from './restore-line.ts'
import { writeTemplate } from './template-folder.ts'

export interface TemplateParts {
  readonly image: GuestImage
  readonly user: HelperUser
  readonly qemu: { readonly path: string }
  readonly facts: QemuFacts
}

/**
 * Boots a machine without share, disk of a slot, network card or gateway up to where its guest waits, and saves its memory and the state
 * of its devices. It takes the name and the owner of the machine that is started after it, so that whoever keeps or ends that one keeps
 * or ends this one. Nothing but the template is left.
 */
export async function makeTemplate(
  { name, owner, cpus, memoryMiB }: Pick<MachineSpec, 'name' | 'owner' | 'cpus' | 'memoryMiB'>,
  { image, user, qemu, facts }: TemplateParts,
  place: Parameters<typeof writeTemplate>[0],
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(readyMs)])
  await using started = await StartedRun.make({ name, owner, consolePath: '/dev/null' }, user)
  const { run } = started
  const consolePath = join(run.path, 'console.log') // Goes with the folder.
  const confinement = new Confinement(user, run.mounts('qemu'))
  const hardware = await hardwareOf({ cpus, memoryMiB, volumes: [], consolePath }, { image, run, user, confinement })
  const machine = {
    ...hardware,
    shares: [],
    network: noNetwork,
    template: { role: 'becomes' as const, restoreSocket: run.restoreSocket },
  }
  await using memory = await allocateMemory(memoryMiB * 2 ** 20, { started, user, qemu }, limit)
  const { process, qmp } = await launchQemu(machine, started, { user, confinement, qemu, facts, memory }, limit)
  try {
    using line = await untilReady(process, run, () => RestoreLine.open(run.restoreSocket, limit), limit)
    await line.hear('waiting', limit)
    await qmp.execute('stop', limit)
    await writeTemplate(place, async (file) => {
      const devices = await takeState(qmp, run.stateSocket, limit)
      return { saved: await saveMemory(memory, memoryMiB * 2 ** 20, file), devices }
    })
  } catch (cause) {
    signal.throwIfAborted()
    const words = await lastLines(consolePath)
    throw new Error(`No template was made: ${String(cause)}${words && `; the guest's last words: ${words}`}`, { cause })
  } finally {
    qmp.close()
  }
}
