import { access, constants } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { findHelperUser } from '../../../main/machines/helper-user.ts'
import { required } from '../../../main/machines/host/required.ts'
import { findAcceleration, probeKvm, rememberedVerdict } from '../../../main/machines/qemu/acceleration.ts'
import { hostArchitecture, inspectHost } from '../../../main/machines/qemu/host.ts'
import { bareGuest } from '../../support/machines/bare-guest.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = new AbortController().signal

async function probeParts() {
  const host = await inspectHost(await temporaryFolder())
  return {
    qemu: required(host.qemu, 'QEMU').path,
    architecture: hostArchitecture(),
    user: required(await findHelperUser(), 'the helper user'),
    kernel: (await bareGuest(never)).kernel,
  }
}

test('the probe says yes where a kernel runs, and no with a reason where it does not', async () => {
  const parts = await probeParts()
  const emulated = { ...parts, accelerator: 'tcg', processor: 'max' } as const
  expect(await probeKvm(emulated, never)).toMatchObject({ works: true })
  const noKernel = { ...emulated, kernel: '/etc/passwd' }
  expect(await probeKvm(noKernel, never)).toMatchObject({ works: false, reason: expect.stringContaining('kernel') })
})

test('the verdict is that of running guests, is reached within its deadline, and is remembered until the next boot', async () => {
  const cache = await temporaryFolder()
  const parts = await probeParts()
  const acceleration = await findAcceleration(parts, cache, never)
  const verdict = await rememberedVerdict(cache, parts.user)
  expect(verdict?.works).toBe(acceleration === 'kvm')
  expect(verdict?.reason).toMatch(/\w/)
  const opens = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!opens) expect(acceleration).toBe('tcg')
  // A QEMU that cannot be started shows that the second answer comes from memory.
  expect(await findAcceleration({ ...parts, qemu: '/nowhere' }, cache, never)).toBe(acceleration)
  expect(await rememberedVerdict(cache, { kind: 'caller', uid: 4242, gid: 4242 })).toBeUndefined()
})
