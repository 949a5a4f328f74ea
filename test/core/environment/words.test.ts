import { expect, test } from 'vitest'
import {
  environmentOf,
  environmentText,
  environmentWord,
  environmentWords,
} from '../../../main/core/environment/environment.ts'
import { type Found, foundText, isNothing, toolText } from '../../../main/core/environment/found.ts'

test.each([...environmentWords, '/home/me/flake'] as const)('%s is the same as a word and as a wish', (word) => {
  expect(environmentWord(environmentOf(word))).toBe(word)
})

test('a folder is no kind, and a person reads where it is', () => {
  expect(environmentOf('/auto')).toEqual({ kind: 'folder', path: '/auto' })
  expect(environmentText(environmentOf('/auto'))).toBe('the flake in /auto')
  expect(environmentText(environmentOf('tools'))).toBe('tools')
})

const tool = (label: string, version = '') => ({ label, version, packages: [], from: [] })
const found = (tools: Found['tools'], packages: Found['packages'] = []): Found => ({
  ...{ tools, packages, doubts: [], devcontainer: null },
})

test('what was found is named, the first sixteen of very many', () => {
  expect(isNothing(found([]))).toBe(true)
  expect(isNothing(found([tool('Node')]))).toBe(false)
  expect(isNothing(found([], [{ name: 'jq', from: 'Brewfile' }]))).toBe(false)
  expect(toolText(tool('Go'))).toBe('Go')
  expect(foundText(found([tool('Node', '24')], [{ name: 'jq', from: 'Brewfile' }]))).toBe('Node 24, jq')
  const many = Array.from({ length: 17 }, (_, at) => tool(`t${at}`))
  expect(foundText(found(many))).toMatch(/, t15 and 1 more$/)
  expect(foundText(found(many.slice(1)))).toMatch(/, t16$/)
})
