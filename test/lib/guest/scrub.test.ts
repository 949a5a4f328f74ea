import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scrub, scrubbing } from '../../../main/lib/guest/scrub.ts'

const secret = 'sk-ant-secret'

test('the secret never comes through, wherever the chunks are cut', async () => {
  const piece = fc.constantFrom(secret, 'sk-ant-', 'secret', 'text ', 's', '\n')
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 7 }), async (pieces, size) => {
      const text = Buffer.from(pieces.join(''))
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size),
      )
      const streamed = await buffer(Readable.from(chunks).pipe(scrubbing(secret)))
      expect(streamed.toString()).not.toContain(secret)
      expect(streamed).toEqual(scrub(text, secret))
    }),
  )
})

test('text without the secret stays as it is, and an empty secret removes nothing', () => {
  const text = Buffer.from('nothing to hide')
  expect(scrub(text, secret)).toEqual(text)
  expect(scrub(text, '')).toEqual(text)
})
