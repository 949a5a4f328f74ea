import { expect, test } from 'vitest'
import type { Verdict } from '../../main/attack/attack.ts'
import { tellVerdicts } from '../../main/commands/attack.ts'
import { runCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'

const held: Verdict = { name: 'fsmonitor', tries: 'Runs.', rule: 'nothing runs', broken: [], proof: 'ran a program' }
const broken: Verdict = { ...held, name: 'hooks', broken: ['a program ran'] }

test('an attack that succeeded is an error that names it, after the whole table', () => {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  expect(() => tellVerdicts({ say }, [held, broken])).toThrow('The border did not hold: hooks')
  expect(lines.at(-1)).toBe('2 attacks, 1 BROKEN; 2 of them first did their harm to a naive host.')
  expect(() => tellVerdicts({ say }, [held])).not.toThrow()
  expect(lines.at(-1)).toMatch(/^1 attacks, all held/)
})

test('where machines cannot run, nothing is attacked, and doctor says why', async () => {
  const folder = await temporaryFolder()
  const { exitCode, stdout, stderr } = await runCommand(['doctor', '--attack'], {
    home: folder,
    env: { XDG_CACHE_HOME: folder }, // Where neither tools nor an image are.
  })
  expect(exitCode).toBe(1)
  expect(stderr).toMatch(/^Error: (This host cannot run tasks yet|The guest image is not built yet)/)
  expect(stdout).not.toContain('held')
})
