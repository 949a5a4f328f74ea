import { beforeAll, expect, test } from 'vitest'
import type { Verdict } from '../../main/attack/attack.ts'
import { allAttacks } from '../../main/attack/catalog/all.ts'
import { runAttacks } from '../../main/attack/run-attacks.ts'
import { shownByCommands } from '../../main/commands/attack.ts'
import { cacheDirectory } from '../../main/lib/files/paths.ts'
import { silentLog } from '../../main/lib/log.ts'
import { prepareHost } from '../support/machines/prepare-host.ts'

/** As long as `doctor --attack` has: some minutes on a quiet host, and much longer where others work beside it. */
const limitMs = 30 * 60_000
/** For what was started to be ended when that is over. */
const afterwardsMs = 3 * 60_000
const quiet = (): void => undefined
let verdicts: ReadonlyMap<string, Verdict>

beforeAll(async () => {
  const signal = AbortSignal.timeout(limitMs)
  const image = await prepareHost(quiet, signal)
  const all = await runAttacks(
    { image, cacheDirectory: cacheDirectory(), log: silentLog, shown: shownByCommands, onProgress: quiet },
    signal,
  )
  verdicts = new Map(all.map((verdict) => [verdict.name, verdict]))
}, limitMs + afterwardsMs)

test('every attack of the catalogue was tried, and there are more than forty', () => {
  expect([...verdicts.keys()].toSorted()).toEqual(allAttacks.map(({ name }) => name).toSorted())
  expect(verdicts.size).toBeGreaterThan(40)
})

/** Only on a host whose user is not root, or that has no IPv6, may an attack say that it could not be shown. */
const mayBeUnproven = process.getuid?.() === 0 ? /^this host has no IPv6$/ : /./

test.each(allAttacks.map(({ name, tries }) => [name, tries]))(
  '%s: harms a naive host, and not this one. %s',
  (name) => {
    const verdict = verdicts.get(name)
    expect(verdict?.broken).toEqual([])
    if (verdict?.proof == null) expect(verdict?.unproven).toMatch(mayBeUnproven)
  },
)
