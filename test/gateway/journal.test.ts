import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileJournal, printableHost } from '../../main/gateway/journal.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a flood of refusals ends with a line that says so, and hides nothing that was reached', async () => {
  const path = join(await temporaryFolder(), 'network.jsonl')
  const journal = fileJournal(openSync(path, 'a'), {
    ...{ reached: 3, ended: 3, api: 3, secret: 3, refused: 3, failed: 3 },
  })
  for (let count = 0; count < 100; count += 1) {
    journal.add({ verdict: 'refused', host: `h${count}.example`, port: 443, reason: 'not-listed' })
  }
  journal.add({ verdict: 'reached', host: 'listed.example', port: 443 })
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { verdict: 'refused', host: 'h0.example', at: expect.stringMatching(/^\d{4}-.*Z$/) },
    { verdict: 'refused', host: 'h1.example' },
    { verdict: 'full', of: 'refused' },
    { verdict: 'reached', host: 'listed.example' },
  ])
})

test('what a guest wrote in place of a host is cut to visible ASCII', () => {
  expect(printableHost(`\x1b]0;x\x07é\n${'a'.repeat(1000)}`)).toMatch(/^\?\]0;x\?\?\?a{245}$/)
})
