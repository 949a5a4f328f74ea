import { expect, test } from 'vitest'
import { Watchable } from '../../../main/lib/watchable.ts'
import type { GuestImage } from '../../../main/machines/image/image-source.ts'
import { SharedImage } from '../../../main/machines/image/shared-image.ts'

const image = { key: 'k' } as GuestImage

/** Builds that end when the test says so, or when they are given up. */
function builds() {
  const begun: { tell: (line: string) => void; end: (built: GuestImage | Error) => void; signal: AbortSignal }[] = []
  const progress = new Watchable<string | null>(null)
  const shared = new SharedImage(
    (tell, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        begun.push({ tell, signal, end: (built) => (built instanceof Error ? reject(built) : resolve(built)) })
      }),
    progress,
  )
  return { begun, progress, shared }
}
const patient = new AbortController().signal

test('one build is for all who wait for it, tells how far it is, and is kept', async () => {
  const { begun, progress, shared } = builds()
  const [one, other] = [shared.get(patient), shared.get(patient)]
  begun[0]?.tell('half')
  expect(progress.value).toBe('half')
  begun[0]?.end(image)
  expect(await Promise.all([one, other])).toEqual([image, image])
  expect(progress.value).toBeNull()
  expect(await shared.get(patient)).toBe(image)
  expect(begun).toHaveLength(1)
})

test('who is cancelled waits no longer; the build goes on for the others, and is given up with the last of them', async () => {
  const { begun, progress, shared } = builds()
  const [first, second] = [new AbortController(), new AbortController()]
  const [one, other] = [shared.get(first.signal), shared.get(second.signal)]
  begun[0]?.tell('half')
  first.abort(new Error('first'))
  await expect(one).rejects.toThrow('first')
  expect(begun[0]?.signal.aborted).toBe(false)
  second.abort(new Error('second'))
  await expect(other).rejects.toThrow('second')
  expect(begun[0]?.signal.aborted).toBe(true)
  begun[0]?.tell('late')
  expect(progress.value).toBeNull()

  const next = shared.get(patient)
  begun[1]?.end(image)
  expect(await next).toBe(image)
})

test('a failure is everybody’s, and the next who asks has it tried again', async () => {
  const { begun, progress, shared } = builds()
  const [one, other] = [shared.get(patient), shared.get(patient)]
  begun[0]?.tell('half')
  begun[0]?.end(new Error('no disk'))
  await expect(one).rejects.toThrow('no disk')
  await expect(other).rejects.toThrow('no disk')
  expect(progress.value).toBeNull()
  const next = shared.get(patient)
  begun[1]?.end(image)
  expect(await next).toBe(image)
  await expect(shared.get(AbortSignal.abort(new Error('over')))).rejects.toThrow('over')
})
