import { expect, test } from 'vitest'
import { worthwhileLines } from '../../../main/machines/watch/worthwhile-lines.ts'

const usage = [
  'Usage:',
  '  vfkit [flags]',
  '',
  'Flags:',
  '      --bootloader string   bootloader to use',
  '  -h, --help   help',
]

test("an error of vfkit's is what is left of it: not its usage, and not the requests before it", () => {
  const requests = Array.from({ length: 20 }, () => '[GIN] 2026/11/24 - 05:00:00 | 200 | 12µs | @ | GET "/vm/state"')
  const log = [
    ...requests,
    'Error: rosetta is not installed',
    ...usage,
    '',
    'time="05:00:01" level=fatal msg="exit"',
    '',
  ].join('\n')
  expect(worthwhileLines(log)).toEqual(['Error: rosetta is not installed', 'time="05:00:01" level=fatal msg="exit"'])
})

test('what another program says stays as it is', () => {
  expect(worthwhileLines('qemu-system-x86_64: no memory\n  at 0x10\n')).toEqual([
    'qemu-system-x86_64: no memory',
    '  at 0x10',
  ])
  expect(worthwhileLines('')).toEqual([])
})
