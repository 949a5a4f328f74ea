import { expect, test } from 'vitest'
import { startHeartbeat } from '../../main/lib/heartbeat.ts'
import { until } from '../support/until.ts'

test('a heartbeat says again and again what is at work, the newest, and nothing after its end', async () => {
  const lines: string[] = []
  {
    using heartbeat = startHeartbeat((line) => lines.push(line), 1)
    heartbeat.now('one')
    await until(() => lines.length >= 2)
    heartbeat.now('two')
    await until(() => lines.at(-1)?.startsWith('two') === true)
  }
  expect(lines[0]).toMatch(/^one \(\d+ s\)$/)
  expect(lines.findLastIndex((line) => line.startsWith('one'))).toBeLessThan(
    lines.findIndex((line) => line.startsWith('two')),
  )
  const count = lines.length
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(lines).toHaveLength(count)
})
