import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { operations } from '../../main/api/operations/all.ts'
import { failureInWindow, inWindowWords } from '../../main/window/window-words.ts'

const main = join(import.meta.dirname, '../../main')
/** Of the command line alone, and what only MCP clients read. */
const elsewhere = /^(?:commands|mcp|core\/merge\/conflict-resolver)/

/** Every text of ours that says what to do: hints, and lines of the command line in other sentences. */
const texts = readdirSync(main, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) => name.endsWith('.ts') && !elsewhere.test(name) && !/^window\/window-words|^api\/operations/.test(name),
  )
  .flatMap((name) => {
    const source = readFileSync(join(main, name), 'utf8')
    return [...source.matchAll(/(?:hint: |detail: |const \w+Text = .*?\n? *|no\('\w+', )(['`])((?:(?!\1).)*)\1/g)].map(
      ([, , text = '']) => text.replace(/\$\{[^}]*\}/g, '7f3a0001'),
    )
  })

const otherWords = new RegExp(
  `\\b(?:${operations
    .map(({ name }) => name)
    .filter((name) => name.includes('_'))
    .join('|')}|max_cost_usd|max_tokens|timeout_ms)\\b|` +
    'microvm-orchestrator (?:review|merge|resolve|retry|continue|cancel|cleanup|doctor|list|info|allow \\S+$)',
)

test('no hint reaches the window with the name of an operation, or a line for which it has a button', () => {
  expect(texts.filter((text) => otherWords.test(text)).length).toBeGreaterThan(15)
  expect(texts.map(inWindowWords).filter((text) => otherWords.test(text))).toEqual([])
})

test.each([
  ['An id is eight hexadecimal digits; see list_tasks', 'An id is eight hexadecimal digits; History has all tasks'],
  ['Run: microvm-orchestrator allow /home/kim/code', 'Add it under Repositories'],
  ['Choose again: microvm-orchestrator review 7f3a0001', 'Choose again: Review…'],
  ['`nix develop` in your checkout shows it', 'nix develop in your checkout shows it'],
  ['It stops already; wait_next_event tells its end', 'It stops already; this window tells its end'],
  [
    'To work with its tools, run: microvm-orchestrator allow /x --environment plain',
    'To work with its tools, run: microvm-orchestrator allow /x --environment plain',
  ],
])('%s', (text, expected) => {
  expect(inWindowWords(text)).toBe(expected)
})

test('a message may quote a program, and stays', () => {
  const failure = { code: 'agent-failed', message: 'error: `retry_task` is undefined', hint: 'See list_tasks' } as const
  expect(failureInWindow(failure)).toEqual({ ...failure, hint: 'History has all tasks' })
})
