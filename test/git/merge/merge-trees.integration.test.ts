import { chmod, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseCommit } from '../../../main/git/merge/commit-object.ts'
import { chooseMerge } from '../../../main/git/merge/merge-trees.ts'
import { openQuarantine } from '../../../main/git/merge/quarantine.ts'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Has the PATH lead to a git that says it is 2.38, and knows no `--merge-base` of `merge-tree`. */
async function withOldGit(): Promise<void> {
  const folder = await temporaryFolder()
  const git = await findTool('git')
  await writeFile(
    join(folder, 'git'),
    `#!/bin/bash
for each in "$@"; do
  case $each in
    version) echo 'git version 2.38.1'; exit ;;
    --merge-base=*) echo "error: unknown option" >&2; exit 129 ;;
  esac
done
exec '${git}' "$@"
`,
  )
  await chmod(join(folder, 'git'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
  onTestFinished(() => void vi.unstubAllEnvs())
}

/** A branch that moved by one commit beside one of the task's; `base` is what the two have in common, undefined where the task's has no parent. */
async function scene(isRoot: boolean, theirs: Record<string, string>) {
  const repo = await temporaryFolder()
  await makeRepository(repo, { files: { 'shared.txt': 'one\ntwo\nthree\n' } })
  const base = await gitIn(repo, ['rev-parse', 'HEAD'])
  const head = await commitFiles(repo, { 'shared.txt': 'one\ntwo\nthree, ours\n' })
  await gitIn(repo, ['checkout', '-q', ...(isRoot ? ['--orphan', 'task'] : ['-b', 'task', base])])
  const id = await commitFiles(repo, theirs)
  const treeOf = (commit: string) => gitIn(repo, ['rev-parse', `${commit}^{tree}`])
  const parentTree = isRoot
    ? (await gitIn(repo, ['hash-object', '-t', 'tree', '-w', '/dev/null'])).trim()
    : await treeOf(base)
  await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
  const call = { cwd: repo, trust: 'user', env: quarantine.writing } as const
  const merge = chooseMerge(quarantine, call)
  const result = await merge({
    commit: parseCommit(await gitIn(repo, ['cat-file', 'commit', id])),
    ...{ id, parentTree, head, headTree: await treeOf(head) },
    parent: isRoot ? undefined : base,
  })
  const fileIn = async (tree: string, path: string) => {
    await quarantine.publishObjects()
    return await gitIn(repo, ['cat-file', 'blob', `${tree}:${path}`])
  }
  return { result, content: result.kind === 'merged' ? await fileIn(result.tree, 'shared.txt') : null }
}

test.for([
  ['this git', false],
  ['a git before 2.40', true],
] as const)(
  '%s merges with the base that we choose, and with none for a commit without a parent',
  async ([, isOld]) => {
    if (isOld) await withOldGit()
    expect(await scene(false, { 'shared.txt': 'one, theirs\ntwo\nthree\n' })).toMatchObject({
      result: { kind: 'merged' },
      content: 'one, theirs\ntwo\nthree, ours',
    })
    expect((await scene(false, { 'shared.txt': 'one\ntwo\nthree, theirs\n' })).result).toMatchObject({
      kind: 'conflicts',
      collision: { stages: [{ path: 'shared.txt' }, { path: 'shared.txt' }, { path: 'shared.txt' }] },
    })
    // Nothing is in common: what both have added differently collides, and with no base there are two sides.
    expect((await scene(true, { 'shared.txt': 'another beginning\n' })).result).toMatchObject({
      kind: 'conflicts',
      collision: { stages: [{ path: 'shared.txt' }, { path: 'shared.txt' }] },
    })
  },
)
