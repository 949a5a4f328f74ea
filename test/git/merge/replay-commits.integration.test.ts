import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openQuarantine } from '../../../main/git/merge/quarantine.ts'
import { replayCommits } from '../../../main/git/merge/replay-commits.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

type Tree = Readonly<Record<string, string>>
type Change =
  | { readonly kind: 'line'; readonly file: string; readonly line: number; readonly text: string }
  | { readonly kind: 'delete'; readonly file: string }
  | { readonly kind: 'rename'; readonly file: string; readonly to: string }
  | { readonly kind: 'nothing' }

const files = ['a.txt', 'b.txt', 'dir/c.txt', 'dir/d.txt']
const lines = 12

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('line' as const),
      file: fc.constantFrom(...files, 'new.txt'),
      line: fc.nat(lines - 1),
      text: fc.constantFrom('red', 'green', 'blue'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), file: fc.constantFrom(...files) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rename' as const),
      file: fc.constantFrom(...files),
      to: fc.constantFrom('moved.txt', 'dir/moved.txt'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nothing' as const) }) },
)
const history = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 })

const blank = Array.from({ length: lines }, (_, index) => `line ${index}`)
const start: Tree = Object.fromEntries(files.map((file) => [file, `${file}\n${blank.join('\n')}\n`]))

function apply(tree: Tree, step: Change): Tree {
  const { [step.kind === 'nothing' ? '' : step.file]: content, ...others } = tree
  switch (step.kind) {
    case 'nothing':
      return tree
    case 'delete':
      return others
    case 'rename':
      return content === undefined ? tree : { ...others, [step.to]: content }
    case 'line': {
      const old = content?.trimEnd().split('\n') ?? [step.file, ...blank]
      return { ...tree, [step.file]: `${old.with(step.line + 1, step.text).join('\n')}\n` }
    }
  }
}

const startRef = 'refs/heads/start'

/** All histories as one stream for git fast-import: branches `task-N` and `user-N` over one start. */
function stream(cases: readonly { task: readonly Change[][]; user: readonly Change[][] }[]): string {
  const blobs = new Map<string, number>()
  const out: string[] = []
  const startMark = ':1'
  let mark = 1
  const blobOf = (content: string) => {
    const known = blobs.get(content)
    if (known !== undefined) return known
    mark += 1
    blobs.set(content, mark)
    out.push(`blob\nmark :${mark}\ndata ${Buffer.byteLength(content)}\n${content}\n`)
    return mark
  }
  const commit = (ref: string, tree: Tree, message: string, from?: string) => {
    const entries = Object.entries(tree).map(([path, content]) => `M 100644 :${blobOf(content)} ${path}`)
    const who = 'Ada Author <ada@example.com> 1700000000 +0100'
    const data = `data ${Buffer.byteLength(message)}\n${message}\n`
    out.push(
      `commit ${ref}\n${ref === startRef ? `mark ${startMark}\n` : ''}author ${who}\ncommitter ${who}\n${data}${from ? `from ${from}\n` : ''}deleteall\n${entries.join('\n')}\n`,
    )
  }
  commit(startRef, start, 'Start')
  for (const [number, sides] of cases.entries()) {
    for (const side of ['task', 'user'] as const) {
      let tree = start
      for (const [index, steps] of sides[side].entries()) {
        tree = steps.reduce(apply, tree)
        const ref = `refs/heads/${side}-${number}`
        commit(ref, tree, `${side} ${index}\n`, index === 0 ? startMark : undefined)
      }
    }
  }
  return out.join('')
}

const count = 200

test(`over ${count} random histories the rebase in the object database gives what git rebase gives`, {
  timeout: 600_000,
}, async () => {
  const repo = join(await temporaryFolder(), 'project')
  await makeRepository(repo, { files: {} })
  const cases = fc.sample(fc.record({ task: history, user: history }), count)
  const importing = promisify(execFile)('git', ['fast-import', '--quiet', '--force'], { cwd: repo })
  importing.child.stdin?.end(stream(cases))
  await importing
  const from = await gitIn(repo, ['rev-parse', 'start'])
  const seen = { same: 0, conflicts: 0 }
  for (const number of cases.keys()) {
    const [to = '', onto = ''] = (await gitIn(repo, ['rev-parse', `task-${number}`, `user-${number}`])).split('\n')
    await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
    const replay = await replayCommits({ path: repo, objectFormat: 'sha1', quarantine, from, to, onto })
    const told = `case ${number}: ${JSON.stringify(cases[number])}`
    const real = await realRebase(repo, { from, to, onto })
    if (replay.kind === 'conflicts') {
      expect({ kind: 'conflicts', files: [...replay.files].sort() }, told).toEqual(real)
      seen.conflicts += 1
      continue
    }
    if (replay.kind !== 'replayed') throw new Error(`${told}: ${replay.kind}`)
    const format = ['log', '--format=%T %an %ae %ad %B', `${onto}..${replay.commit}`]
    expect({ kind: 'rebased', log: await gitIn(repo, format, quarantine.reading) }, told).toEqual(real)
    seen.same += 1
  }
  // Both ends are reached, or the comparison says little.
  expect(Math.min(seen.same, seen.conflicts)).toBeGreaterThan(count / 10)
})

async function realRebase(repo: string, { from, to, onto }: Record<'from' | 'to' | 'onto', string>) {
  try {
    await gitIn(repo, [
      '-c',
      'advice.skippedCherryPicks=false',
      'rebase',
      '--quiet',
      '--no-reapply-cherry-picks',
      '--onto',
      onto,
      from,
      to,
    ])
  } catch {
    const unmerged = await gitIn(repo, ['ls-files', '--unmerged', '-z'])
    const paths = unmerged
      .split('\0')
      .filter(Boolean)
      .map((entry) => entry.slice(entry.indexOf('\t') + 1))
    await gitIn(repo, ['rebase', '--abort'])
    return { kind: 'conflicts', files: [...new Set(paths)].sort() }
  }
  return { kind: 'rebased', log: await gitIn(repo, ['log', '--format=%T %an %ae %ad %B', `${onto}..HEAD`]) }
}
