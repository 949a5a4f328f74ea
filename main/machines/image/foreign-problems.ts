import { readFile } from 'node:fs/promises'
import { findTool } from '../../lib/processes/find-tool.ts'
import type { Problem } from '../driver.ts'
import { packageProblem } from '../host/package-problem.ts'
import type { Architecture } from './inputs.ts'

/** QEMU's names for processors. */
const emulatorOf: Readonly<Record<Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/**
 * What this host lacks to run the other processor's programs, as the set-up of a Debian for it does: QEMU's emulator of single programs,
 * and its entry in the kernel's list of interpreters. Empty for a guest of the host's own processor.
 */
export async function foreignProblems(
  architecture: Architecture,
  { own = process.arch, list = '/proc/sys/fs/binfmt_misc' }: { readonly own?: string; readonly list?: string } = {},
): Promise<readonly Problem[]> {
  if (own === architecture) return []
  const emulator = `qemu-${emulatorOf[architecture]}`
  if (
    !(await findTool(`${emulator}-static`)) ||
    !(await findTool('update-binfmts')) ||
    !(await findTool('arch-test'))
  ) {
    const message = `An emulator of ${architecture} programs is missing; it takes part in building the guest image`
    return [packageProblem('emulator-missing', message, 'qemu-user-static', 'binfmt-support', 'arch-test')]
  }
  const entry = await readFile(`${list}/${emulator}`, 'utf8').catch(() => '') // Not mounted, or no such entry.
  // F: the interpreter is held open by the kernel, so that it is found in the root of another Debian, too.
  if (/^enabled$/m.test(entry) && /^flags:.*F/m.test(entry)) return []
  const command = ['update-binfmts', '--enable', emulator] as const
  return [
    {
      code: 'emulator-off',
      message: `The kernel is not told to run ${architecture} programs by ${emulator}; the guest image is built with them`,
      cure: `sudo ${command.join(' ')}`,
      remedy: { kind: 'command', command },
    },
  ]
}
