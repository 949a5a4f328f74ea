import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergeWork } from '../../main/git/merge/merge-work.ts'
import { repairPublications } from '../../main/git/publish/repair-publications.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { type Fault, withFault } from '../support/faults/inject-faults.ts'
import {
  copyScene,
  lookAtScene,
  makePublishScene,
  type PublishScene,
  type Sight,
} from '../support/git/publish-scene.ts'
import { gitIn } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** `PUBLISH_FAULTS=all` takes every point; else each mode takes some, the rest being another mode's. */
const isWhole = process.env.PUBLISH_FAULTS === 'all'
const limitMs = isWhole ? 6 * 60 * 60_000 : 20 * 60_000
const strides = { refuse: 5, belie: 7, outage: 9, kill: 11 } as const

interface Known {
  readonly scene: PublishScene
  readonly before: Sight
  readonly after: Sight
  readonly operations: readonly string[]
}

async function prepare(): Promise<Known> {
  const folder = await temporaryFolder()
  const scene = await makePublishScene(folder)
  const repo = join(folder, 'plain')
  await copyScene(scene, repo)
  const before = await lookAtScene(repo)
  const { result, operations } = await withFault({ mode: 'none', at: 0 }, () =>
    mergeWork({ ...scene.request, repoPath: repo }),
  )
  expect(result).toMatchObject({ kind: 'merged' })
  const after = await lookAtScene(repo)
  expect(after.leftovers).toEqual([])
  return { scene, before, after, operations }
}

/** The index holds times and inodes, which differ from copy to copy once it was written. */
const withoutTimes = ({ index: _, ...sight }: Sight) => sight

async function judge(repo: string, before: Sight, { after }: Known): Promise<'before' | 'after'> {
  const { refs: _refs, logs: _logs, ...sight } = await lookAtScene(repo)
  const isAfter = sight.staged === after.staged
  const { refs: _r, logs: _l, ...wanted } = isAfter ? { ...after, index: sight.index } : before
  expect(sight).toEqual(wanted)
  expect(await gitIn(repo, ['rev-parse', 'main^{tree}'])).toBe(
    (isAfter ? after : before).refs
      .split('\n')
      .find((line) => line.endsWith(' refs/heads/main'))
      ?.split(' ')[0],
  )
  expect(await gitIn(repo, ['rev-parse', 'stash@{0}^{tree}'])).toBe(
    before.refs
      .split('\n')
      .find((line) => line.endsWith(' refs/stash'))
      ?.split(' ')[0],
  )
  expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
  return isAfter ? 'after' : 'before'
}

async function tryAgain(repo: string, known: Known): Promise<void> {
  const second = await mergeWork({ ...known.scene.request, repoPath: repo })
  expect(['merged', 'unchanged']).toContain(second.kind)
  expect(withoutTimes({ ...(await lookAtScene(repo)), logs: '' })).toEqual(withoutTimes({ ...known.after, logs: '' }))
}

const pointsOf = ({ operations }: Known, mode: keyof typeof strides): number[] =>
  operations.map((_, index) => index + 1).filter((at) => isWhole || at % strides[mode] === 1)

describe.each(['refuse', 'belie', 'outage'] as const)('an operation that fails: %s', (mode) => {
  test('leaves the checkout as it was or as it was to be, and a second try succeeds', {
    timeout: limitMs,
  }, async () => {
    const known = await prepare()
    const folder = await temporaryFolder()
    const failures: string[] = []
    for (const at of pointsOf(known, mode)) {
      const repo = join(folder, `${mode}-${at}`)
      await copyScene(known.scene, repo)
      const before = await lookAtScene(repo)
      const fault: Fault = { mode, at }
      const { result, error, operations } = await withFault(fault, () =>
        mergeWork({ ...known.scene.request, repoPath: repo }),
      )
      try {
        await repairPublications(join(repo, '.git'))
        const state = await judge(repo, { ...before }, known)
        if (result?.kind === 'merged' || result?.kind === 'unchanged') expect(state).toBe('after')
        await tryAgain(repo, known)
      } catch (cause) {
        // Of this run: what goes on side by side comes in another order each time.
        failures.push(`at ${at}, ${operations[at - 1]}: ${JSON.stringify(result ?? String(error))}\n${cause}`)
      }
      await rm(repo, { recursive: true })
    }
    expect(failures.join('\n\n')).toBe('')
  })
})

test('SIGKILL at an operation leaves the checkout as it was or as it was to be once the next start has looked, and a second try succeeds', {
  timeout: limitMs,
}, async () => {
  const known = await prepare()
  const folder = await temporaryFolder()
  const failures: string[] = []
  const program = join(import.meta.dirname, '../support/git/doomed-merge.ts')
  for (const at of pointsOf(known, 'kill')) {
    const repo = join(folder, `kill-${at}`)
    await copyScene(known.scene, repo)
    const before = await lookAtScene(repo)
    const request = JSON.stringify({ ...known.scene.request, repoPath: repo })
    const killed = await run(process.execPath, [program, request, JSON.stringify({ mode: 'kill', at })])
    try {
      // What goes on side by side may take an operation less in another process: its last one is not there to be killed at.
      if (killed.signal === null) expect(Number(killed.stdout)).toBe(at - 1)
      else expect(killed).toMatchObject({ signal: 'SIGKILL' })
      // Taken for abandoned after ten seconds, for which no test need wait.
      await rm(join(repo, '.git/microvm-orchestrator-merge.lock'), { recursive: true, force: true })
      await repairPublications(join(repo, '.git'))
      await judge(repo, before, known)
      await tryAgain(repo, known)
    } catch (cause) {
      failures.push(`killed at ${at}, ${known.operations[at - 1]}: ${killed.stdout}${killed.stderr}\n${cause}`)
    }
    await rm(repo, { recursive: true })
  }
  expect(failures.join('\n\n')).toBe('')
})
