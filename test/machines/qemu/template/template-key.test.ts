import { expect, test } from 'vitest'
import type { QemuFacts } from '../../../../main/machines/qemu/arguments.ts'
import { type Hypervisor, processorOf, templateKey } from '../../../../main/machines/qemu/template/template-key.ts'

const machine = { cpus: 2, memoryMiB: 4096, kernelParameters: ['console=hvc0'] }
const facts: QemuFacts = { architecture: 'x86_64', version: 7, acceleration: 'tcg' }
const hypervisor: Hypervisor = {
  path: '/usr/bin/qemu-system-x86_64',
  version: 'QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)',
  file: [20_000_000, 1],
  processor: null,
}
const image = ['key', [1, 1], [2, 2]] as const

test('whatever a template depends on makes another key', () => {
  const keys = [
    templateKey({ image, hypervisor }, machine, facts),
    templateKey({ image: ['other', [1, 1], [2, 2]], hypervisor }, machine, facts),
    templateKey({ image: ['key', [1, 1], [2, 3]], hypervisor }, machine, facts),
    templateKey({ image, hypervisor: { ...hypervisor, path: '/opt/qemu' } }, machine, facts),
    templateKey({ image, hypervisor: { ...hypervisor, version: 'QEMU emulator version 7.2.23' } }, machine, facts),
    templateKey({ image, hypervisor: { ...hypervisor, file: [20_000_000, 2] } }, machine, facts),
    templateKey({ image, hypervisor: { ...hypervisor, processor: 'one' } }, machine, facts),
    templateKey({ image, hypervisor }, { ...machine, cpus: 4 }, facts),
    templateKey({ image, hypervisor }, { ...machine, memoryMiB: 2048 }, facts),
    templateKey({ image, hypervisor }, { ...machine, kernelParameters: [] }, facts),
    templateKey({ image, hypervisor }, machine, { ...facts, version: 10 }),
    templateKey({ image, hypervisor }, machine, { ...facts, acceleration: 'kvm' }),
  ]
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys[0]).toMatch(/^[0-9a-f]{20}$/)
  expect(templateKey({ image, hypervisor }, machine, facts)).toBe(keys[0])
})

const processor = (microcode: string, mhz: string) => `processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R)
microcode\t: ${microcode}
cpu MHz\t\t: ${mhz}
flags\t\t: fpu vme

processor\t: 1
`

test('a processor is another one with other microcode or under another kernel, and not at another speed', () => {
  const known = processorOf(processor('0x1', '2000'), '6.1.0')
  expect(processorOf(processor('0x1', '3000'), '6.1.0')).toBe(known)
  expect(processorOf(processor('0x2', '2000'), '6.1.0')).not.toBe(known)
  expect(processorOf(processor('0x1', '2000'), '6.1.1')).not.toBe(known)
})
