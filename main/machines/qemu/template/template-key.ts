import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { release } from 'node:os'
import { type QemuFacts, type QemuMachine, qemuArguments } from '../arguments.ts'
import { noNetwork } from '../network.ts'

/** Raised when what a template's folder holds changes. */
const format = 1

/** Whose templates fit each other: a hypervisor's, and under KVM those of a processor. */
export interface Hypervisor {
  /** The path of the program, and its version in its own words. */
  readonly path: string
  readonly version: string
  readonly file: readonly [bytes: number, modifiedMs: number]
  /** Null where it is emulated, which is the same on every host. */
  readonly processor: string | null
}

/** What of this host decides whether a template can be restored. */
export async function describeHypervisor(
  qemu: { readonly path: string; readonly build: string },
  facts: Pick<QemuFacts, 'acceleration'>,
): Promise<Hypervisor> {
  const processor =
    facts.acceleration === 'kvm' ? processorOf(await readFile('/proc/cpuinfo', 'utf8'), release()) : null
  return { path: qemu.path, version: qemu.build, file: await fileFacts(qemu.path), processor }
}

/** A guest sees the host's own processor, and what the host's kernel lets it see. Pure. */
export function processorOf(cpuinfo: string, kernel: string): string {
  const [first = ''] = cpuinfo.split('\n\n')
  const facts = ['vendor_id', 'cpu family', 'model', 'model name', 'stepping', 'microcode', 'flags'].map(
    (name) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(first)?.[1] ?? '',
  )
  return createHash('sha256')
    .update(JSON.stringify([kernel, ...facts]))
    .digest('hex')
}

export const hypervisorKey = (hypervisor: Hypervisor): string => digest([format, hypervisor])

/** What tells a file from another one that has taken its place. */
export async function fileFacts(path: string): Promise<readonly [bytes: number, modifiedMs: number]> {
  const { size, mtimeMs } = await stat(path)
  return [size, mtimeMs]
}

/** Twenty hexadecimal digits over everything that a template is made of. No path of a task is in it. Pure. */
export function templateKey(
  {
    image,
    hypervisor,
  }: {
    /** Its key, and the facts of its files. */
    readonly image: readonly [key: string, ...files: (readonly [number, number])[]]
    readonly hypervisor: Hypervisor
  },
  machine: Pick<QemuMachine, 'cpus' | 'memoryMiB' | 'kernelParameters'>,
  facts: QemuFacts,
): string {
  const { cpus, memoryMiB, kernelParameters } = machine
  const anywhere = qemuArguments(
    {
      ...{ cpus, memoryMiB, kernelParameters, kernel: 'kernel', initrd: 'initrd', root: 'root', console: 'console' },
      ...{ controlSocket: 'control', clockSocket: 'clock', attachSocket: 'attach', shares: [], volumes: [] },
      network: noNetwork,
      template: { role: 'becomes', restoreSocket: 'restore' },
    },
    facts,
  )
  return digest([format, image, hypervisor, anywhere])
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 20)
