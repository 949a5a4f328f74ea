import { expect, test } from 'vitest'
import { hasRange, nextRange } from '../../../main/machines/image/debian-problems.ts'
import { kvmCure } from '../../../main/machines/qemu/kvm-problems.ts'

test.each([
  ['', false],
  ['ada:100000:65536', true],
  ['bob:100000:65536\nada:165536:65536\n', true],
  ['1000:100000:65536', true],
  ['ada:100000:1000', false],
  ['adam:100000:65536', false],
  ['ada:100000', false],
])('that the list %j has enough users of a namespace for ada, who is 1000, is %s', (list, enough) => {
  expect(hasRange(list, ['ada', '1000'])).toBe(enough)
})

test('a range that is given overlaps with no other', () => {
  expect(nextRange('')).toBe(100_000)
  expect(nextRange('bob:100000:65536\nada:165536:65536\n')).toBe(231_072)
  expect(nextRange('bob:100000:65536\nbroken\n')).toBe(165_536)
})

test.each([
  [{ kind: 'denied', userName: 'ada' }, /^Log out and in again after: sudo usermod -aG kvm ada$/],
  [{ kind: 'not-loaded', module: 'kvm_amd' }, /^sudo modprobe kvm_amd$/],
  [{ kind: 'switched-off' }, /firmware/],
  [{ kind: 'fails', reason: 'A kernel hangs under it' }, /kernel/],
] as const)('of KVM %j has the cure %s', (state, cure) => {
  expect(kvmCure(state)?.cure).toMatch(cure)
  expect(state.kind === 'switched-off' || !/firmware/.test(kvmCure(state)?.cure ?? '')).toBe(true)
})

test('KVM that works needs no cure', () => {
  expect(kvmCure({ kind: 'usable' })).toBeUndefined()
})
