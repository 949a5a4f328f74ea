import { AppError } from '../core/failure.ts'
import type { MachineHandle } from '../core/task.ts'
import type { MachineDriver, Problem } from './driver.ts'
import { createQemuDriver, type QemuDriverOptions } from './qemu/driver.ts'

type DriverFactory = (options: QemuDriverOptions) => MachineDriver

const drivers = {
  qemu: createQemuDriver,
  vfkit: createAbsentVfkitDriver,
} satisfies Record<MachineHandle['driver'], DriverFactory>

/** How this platform runs machines. */
export function createDriver(options: QemuDriverOptions, platform: NodeJS.Platform = process.platform): MachineDriver {
  return drivers[platform === 'darwin' ? 'vfkit' : 'qemu'](options)
}

/** macOS will have guests through vfkit; until then its driver says so. */
function createAbsentVfkitDriver(): MachineDriver {
  const problem: Problem = {
    code: 'vfkit-missing',
    message: 'Virtual machines on macOS are not there yet',
    cure: 'Use a Linux host',
  }
  const refuse = (): Promise<never> =>
    Promise.reject(new AppError('host-incomplete', problem.message, { hint: problem.cure }))
  return {
    name: 'vfkit',
    forwardAddress: '192.168.64.1',
    gatewayUrl: null,
    canClose: false,
    problems: async () => [problem],
    prepareOwnership: refuse,
    start: refuse,
    adopt: async () => undefined,
    reap: async () => [],
  }
}
