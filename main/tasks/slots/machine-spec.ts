import type { SlotId, TaskId } from '../../core/task/task.ts'
import { hostSize, type Size, withinHost } from '../../lib/host-size.ts'
import type { MachineSpec, Volume } from '../../machines/driver.ts'
import type { TaskFiles } from '../record/task-files.ts'
import type { Provisions } from './provisions.ts'
import { slotMac } from './slot-storage.ts'

export interface SpecParts {
  readonly home: string
  readonly limits: Size
  readonly files: TaskFiles
  readonly slot: SlotId
  readonly volumes: readonly Volume[]
  readonly provisions: Provisions
}

/** The machine of a task. Pure but for the size of its host: a machine that was booted ahead fits when this is the same for both. */
export function machineSpec(
  id: TaskId,
  { home, limits, files, slot, volumes, provisions }: SpecParts,
  host = hostSize(),
): MachineSpec {
  const { egress, privateNetworks = false, forwards, gateway, gatewaySocket } = provisions
  return {
    name: id,
    owner: home,
    ...withinHost(limits, host),
    shares: [
      { tag: 'share', directory: files.share },
      { tag: 'repo', directory: files.repo },
    ],
    volumes,
    consolePath: files.console,
    network: {
      egress,
      privateNetworks,
      forwards,
      mac: slotMac(slot),
      ...(gateway && { gateway: { config: gateway, logPath: files.network } }),
      ...(gatewaySocket !== undefined && { gatewaySocket }),
    },
  }
}
