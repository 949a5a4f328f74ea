import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import type { Problem } from '../../../main/machines/driver.ts'
import { HostCheck } from '../../../main/tasks/admission/host-check.ts'

const missing = { code: 'virtiofsd-missing', message: 'virtiofsd is missing', cure: 'apt-get install virtiofsd' }
const closed = { egress: 'closed', forwards: [] } as const

function host(...answers: (readonly Problem[])[]) {
  let looks = 0
  const problems = async () => answers[Math.min(looks++, answers.length - 1)] ?? []
  return {
    check: new HostCheck({ driver: { problems }, limits: { memoryMiB: 4096 }, log: silentLog }),
    looks: () => looks,
  }
}

test('what the host lacks refuses a task with its cure, and is looked at again for the next', async () => {
  const { check, looks } = host([missing], [missing], [])
  const refusal = { code: 'host-incomplete', message: missing.message, hint: missing.cure }
  await expect(check.require(closed)).rejects.toMatchObject(refusal)
  await expect(check.require(closed)).rejects.toMatchObject(refusal)
  await check.require(closed)
  expect(looks()).toBe(3)
})

test('a host that is complete is believed without another look, and calls at once share one', async () => {
  const { check, looks } = host([])
  check.lookAhead()
  await Promise.all([check.require(closed), check.require(closed)])
  await check.require(closed)
  expect(looks()).toBe(1)
})

test('what a task can do without, or another kind of task needs, refuses none', async () => {
  const { check } = host([
    { ...missing, optional: true },
    { ...missing, code: 'passt-missing', message: 'passt is missing', onlyFor: 'open-egress' },
    { ...missing, code: 'socat-missing', message: 'socat is missing', onlyFor: 'forwards' },
  ])
  await check.require(closed)
  await expect(check.require({ egress: 'open', forwards: [] })).rejects.toThrow('passt is missing')
  await expect(check.require({ egress: 'closed', forwards: [{ host: '::1', port: 1 }] })).rejects.toThrow('socat')
})

test('a machine with more memory than its host has is refused before anything is made for it', async () => {
  const limits = { memoryMiB: 16_384 }
  const driver = { problems: async () => [] }
  const check = new HostCheck({ driver, limits, log: silentLog, size: () => ({ cpus: 8, memoryMiB: 16_384 }) })
  await check.require(closed)
  limits.memoryMiB = 999_999
  await expect(check.require(closed)).rejects.toMatchObject({
    code: 'host-incomplete',
    message: 'A machine is to have 999999 MiB of memory, and this host has 16384 MiB in all',
    hint: expect.stringContaining('Lower memoryMiB'),
  })
})
