import type { MachineHandle } from '../core/task/task.ts'
import type { MachineDriver } from './driver.ts'
import { createQemuDriver, type QemuDriverOptions } from './qemu/driver.ts'
import { createVfkitDriver } from './vfkit/driver.ts'

type DriverFactory = (options: QemuDriverOptions) => MachineDriver

const drivers = {
  qemu: createQemuDriver,
  vfkit: createVfkitDriver,
} satisfies Record<MachineHandle['driver'], DriverFactory>

/** How this platform runs machines. */
export function createDriver(options: QemuDriverOptions, platform: NodeJS.Platform = process.platform): MachineDriver {
  return drivers[platform === 'darwin' ? 'vfkit' : 'qemu'](options)
}
