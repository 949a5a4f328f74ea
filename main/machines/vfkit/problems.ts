import { AppError } from '../../core/failure.ts'
import type { Problem } from '../driver.ts'
import type { MacHost } from './host.ts'
import { rosettaRuns } from './rosetta.ts'

/** The framework's virtiofs, on which a task's folders come into its guest, is there since macOS 13. */
const oldestMacos = 13
/** Before it the framework's virtiofs sometimes says that a file is missing while many processes build at once (vfkit#158, podman#23061). */
const firstSoundShares = 15

/** What this Mac lacks to run machines; problems of the guest image, which brings its own vfkit, are found elsewhere. Pure. */
export function macProblems(host: MacHost): readonly Problem[] {
  return [...unfitness(host), ...shareProblems(host), ...rosettaProblems(host)]
}

/** @throws AppError('host-incomplete') where a machine would not run, or not safely. */
export function refuseUnfit(host: MacHost): void {
  const [problem] = unfitness(host)
  if (problem) throw new AppError('host-incomplete', problem.message, { hint: problem.cure })
}

/** What this Mac lacks to run a guest that brings no programs of the host along. Pure. */
export function hypervisorProblems({ vfkit, socat }: MacHost): readonly Problem[] {
  const problems: Problem[] = []
  if (vfkit === undefined) {
    problems.push({
      code: 'vfkit-missing',
      message: 'vfkit is missing; it runs the virtual machines, and comes with the app',
      cure: 'Use the command line of the app, or run: brew install vfkit',
    })
  }
  if (socat === undefined) {
    problems.push({
      code: 'socat-missing',
      message: 'socat is missing; tasks whose ANTHROPIC_BASE_URL is an address of this Mac need it',
      cure: 'brew install socat',
      optional: true,
    })
  }
  return problems
}

function unfitness({ appleSilicon, macos, isRoot }: MacHost): readonly Problem[] {
  const problems: Problem[] = []
  if (!appleSilicon) {
    problems.push({
      code: 'apple-silicon-missing',
      message: 'This Mac has an Intel processor; guests are built for Apple Silicon',
      cure: 'Use a Mac with Apple Silicon, or a Linux host',
    })
  }
  if (macos < oldestMacos) {
    problems.push({
      code: 'macos-old',
      message: `macOS ${macos} is too old; ${oldestMacos} is the oldest that works`,
      cure: 'Upgrade macOS in System Settings > General > Software Update',
    })
  }
  if (isRoot) {
    problems.push({
      code: 'root',
      message: 'Virtual machines never run as root: a guest could leave files of root in your folders',
      cure: 'Run the same command as yourself, without sudo',
    })
  }
  return problems
}

function shareProblems({ macos }: MacHost): readonly Problem[] {
  if (macos < oldestMacos || macos >= firstSoundShares) return []
  return [
    {
      code: 'macos-shares',
      message: `On macOS ${macos}, parallel builds in a guest can fail with "No such file or directory" for files that exist`,
      cure: `Upgrade to macOS ${firstSoundShares} or newer in System Settings > General > Software Update`,
      optional: true,
    },
  ]
}

/** What keeps a Rosetta that is there from the guests of an image; `kernelVersion` is that of the image, undefined while it is not here. Pure. */
export function rosettaKernelProblems(
  { rosetta, macos }: Pick<MacHost, 'rosetta' | 'macos'>,
  kernelVersion: string | undefined,
): readonly Problem[] {
  if (!rosetta || rosettaRuns(kernelVersion, macos)) return []
  return [
    {
      code: 'rosetta-kernel',
      message: `Before macOS 26, Rosetta does not start on the guest's Linux ${kernelVersion}: guests run no programs for x86_64-linux`,
      cure: 'Upgrade to macOS 26 or newer in System Settings > General > Software Update',
      optional: true,
    },
  ]
}

function rosettaProblems({ appleSilicon, rosetta }: MacHost): readonly Problem[] {
  if (rosetta || !appleSilicon) return []
  return [
    {
      code: 'rosetta-missing',
      message: 'Rosetta is missing; with it, guests also run programs for x86_64-linux',
      cure: 'softwareupdate --install-rosetta',
      optional: true,
    },
  ]
}
