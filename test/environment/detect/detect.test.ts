import { expect, test } from 'vitest'
import { foundText } from '../../../main/core/environment/found.ts'
import { detect, interestIn } from '../../../main/environment/detect/detect.ts'
import { decodeText } from '../../../main/environment/detect/texts.ts'
import { type Case, corpus } from './corpus.ts'
import { unkind } from './unkind.ts'

const filesOf = (files: Case['files']) =>
  Object.entries(files)
    .filter(([path]) => interestIn(path) !== 'none')
    .map(([path, text]) => ({ path, text: interestIn(path) === 'content' ? decodeText(Buffer.from(text)) : null }))

test('the corpus has its size', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(60)
  expect(unkind.length).toBeGreaterThanOrEqual(10)
  expect(new Set([...corpus, ...unkind].map(({ name }) => name)).size).toBe(corpus.length + unkind.length)
})

test.each([...corpus, ...unkind])('$name', ({ files, is, doubts = [], devcontainer = null }) => {
  const found = detect(filesOf(files))
  expect(foundText(found)).toBe(is)
  expect(found.doubts).toEqual(doubts.map((part) => expect.stringContaining(part)))
  expect(found.devcontainer?.path ?? null).toBe(devcontainer)
})

test('the order of files changes nothing', () => {
  for (const { files } of corpus) {
    const all = filesOf(files)
    expect(detect([...all].reverse())).toEqual(detect(all))
  }
})
