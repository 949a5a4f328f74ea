import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readGreeting } from '../../main/gateway/client-hello.ts'
import { clientHello, inRecordsOf } from '../support/web/client-hello.ts'

test("a real client's greeting tells the server's name, in one record or in many, and not before it is complete", async () => {
  const hello = await clientHello('listed.example')
  const expected = { kind: 'hello', serverName: 'listed.example' }
  expect(readGreeting(hello)).toEqual(expected)
  for (const size of [1, 7, 100]) expect(readGreeting(inRecordsOf(size, hello))).toEqual(expected)
  for (let length = 0; length < hello.length; length += 1) {
    expect(readGreeting(hello.subarray(0, length))).toEqual({ kind: 'incomplete' })
  }
})

test('a greeting without a name, and what is no TLS', async () => {
  expect(readGreeting(await clientHello(''))).toEqual({ kind: 'hello', serverName: null })
  expect(readGreeting(Buffer.from('SSH-2.0-OpenSSH'))).toEqual({ kind: 'other' })
  expect(readGreeting(Buffer.from([22, 9]))).toEqual({ kind: 'other' })
  expect(readGreeting(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]))).toEqual({ kind: 'other' })
})

test('no bytes whatever make it fail, or find a name that is not in them', async () => {
  const hello = await clientHello('listed.example')
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(hello.length - 1), to: fc.nat(255) }), { maxLength: 8 }), (changes) => {
      const bytes = Buffer.from(hello)
      for (const { at, to } of changes) bytes[at] = to
      const greeting = readGreeting(bytes)
      if (greeting.kind === 'hello' && greeting.serverName) {
        expect(bytes.toString('latin1')).toContain(greeting.serverName)
      }
    }),
    { numRuns: 2_000 },
  )
})
