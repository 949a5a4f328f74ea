import { expect, test } from 'vitest'
import type { Verdict } from '../../main/attack/attack.ts'
import { allAttacks } from '../../main/attack/catalog/all.ts'
import { probeScript, reachedBy } from '../../main/attack/probe.ts'
import { sceneScripts } from '../../main/attack/scene-scripts.ts'
import { summaryOf, verdictLines } from '../../main/attack/verdict-lines.ts'
import { run } from '../../main/lib/processes/spawn.ts'

test('each attack has a name of its own and says in one sentence what it tries', () => {
  const names = allAttacks.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, tries } of allAttacks) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(tries).toMatch(/^[A-Z][^\n]*\.$/)
  }
})

test('every script that a guest runs is one that a shell understands', async () => {
  const scripts = allAttacks.flatMap((attack) =>
    attack.kind === 'left-behind' || attack.kind === 'privilege' ? [attack.guest] : [],
  )
  const reach = allAttacks.filter((attack) => attack.kind === 'reach')
  const probe = probeScript(reach, { tcp: 1, udp: 2, ipv6: 3, mcp: 4, control: '10.0.2.100:1' })
  for (const script of [
    ...scripts,
    probe,
    ...Object.values(sceneScripts({ secretFile: '/secret', victim: '/victim' })),
  ]) {
    const { ok, stderr } = await run('bash', ['-n'], { input: script })
    expect(`${stderr}${ok ? '' : script}`).toBe('')
  }
})

test('what got through the network is told from what the guest was given', () => {
  const said = 'kernel: noise\r\nred team reached: control\r\nred team reached: loopback-by-udp\r\n'
  expect(reachedBy(said)).toEqual({ names: new Set(['loopback-by-udp']), works: true })
  expect(reachedBy('nothing')).toEqual({ names: new Set(), works: false })
})

test('the table names each attack, and under it what broke or could not be shown', () => {
  const base = { tries: 'Does harm.', rule: 'nothing runs' } as const
  const verdicts: readonly Verdict[] = [
    { ...base, name: 'a', broken: [], proof: 'ran a program' },
    { ...base, name: 'bcd', broken: ['a program ran'], proof: 'ran a program' },
    { ...base, name: 'ef', broken: [], proof: null, unproven: 'this host is too small' },
  ]
  expect(verdictLines(verdicts)).toEqual([
    'Nothing runs',
    '  held    a    Does harm.',
    '  BROKEN  bcd  Does harm.',
    '               BROKEN: a program ran',
    '  held    ef   Does harm.',
    '               not shown on a naive host: this host is too small',
  ])
  expect(summaryOf(verdicts)).toBe('3 attacks, 1 BROKEN; 2 of them first did their harm to a naive host.')
})
