import { join } from 'node:path'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { git } from '../../../main/git/process/git.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { addMaterial, type Material } from '../material.ts'
import { type Bench, type BenchContext, inPairs, type Row, summarize, timed } from '../measure.ts'

export const clone: Bench = {
  name: 'clone',
  about: "a task's clone against a plain copy of the files that it ends up with",
  async measure(context) {
    const rows: Row[] = []
    for (const shape of shapes) if (!context.quick || shape.inQuick) rows.push(await measureOne(context, shape))
    if (!context.quick) return rows
    return rows.map((row, index) =>
      index === 0 ? { ...row, notes: ['Quick, so without 1 GB and 20,000 files.'] } : row,
    )
  },
}

interface Shape extends Material {
  readonly pairs: number
  readonly inQuick: boolean
}

/** Some 1 MB, 95 MB and 1 GB of `.git`, and many files. */
const shapes: readonly Shape[] = [
  { commits: 6, blobs: 0, replaced: 0, smallFiles: 600, pairs: 15, inQuick: true },
  { commits: 6, blobs: 24, replaced: 14, smallFiles: 4000, pairs: 7, inQuick: true },
  { commits: 6, blobs: 300, replaced: 140, smallFiles: 4000, pairs: 5, inQuick: false },
  { commits: 2, blobs: 0, replaced: 0, smallFiles: 20_000, pairs: 7, inQuick: false },
]

async function measureOne({ folder, quick, signal, say }: BenchContext, shape: Shape): Promise<Row> {
  const repository = join(folder, 'repository')
  say(`making a repository with ${shape.smallFiles} small files and ${shape.blobs} large ones`)
  await makeRepository(repository)
  await addMaterial(repository, shape)
  const megabytes = Math.round((await kibibytes(join(repository, '.git'))) / 1024)

  const copy = join(folder, 'copy')
  const workspace = join(folder, 'workspace')
  const reference = join(folder, 'reference')
  await cloneWorkspace({ repoPath: repository, workspace: reference, taskId: 'a1b2c3d4' }, signal)
  const ours = async () => {
    await settle(folder, workspace, signal)
    return await timed(() => cloneWorkspace({ repoPath: repository, workspace, taskId: 'a1b2c3d4' }, signal))
  }
  const theirs = async () => {
    await settle(folder, copy, signal)
    return await timed(() => runOrThrow('cp', ['-R', '--reflink=auto', '--', reference, copy], {}, signal))
  }
  say(`cloning and copying ${megabytes} MB of .git`)
  const measured = await inPairs(quick ? 2 : shape.pairs, ours, theirs)
  const startMs = summarize(await manyTimes(15, () => git(['--version'], { cwd: folder, trust: 'user' }))).quoted
  const cpMs = summarize(await manyTimes(15, () => runOrThrow('cp', ['--version']))).quoted
  for (const path of [reference, copy, workspace, repository]) await removeTree(path)
  return {
    what: `clone, ${megabytes} MB, ${shape.smallFiles} files`,
    unit: 'ms',
    ours: measured.ours,
    against: { what: 'cp of the same files', values: measured.theirs },
    goal: { kind: 'ratio', atMost: 1.3 },
    unreached: `a clone of a repository that was cloned before starts git ${gitStarts} times (the files with two helpers, and beside that the settings), and a start that does nothing takes ${startMs.toFixed(1)} ms here, where the copy is one process of ${cpMs.toFixed(1)} ms.`,
  }
}

/** Of `cloneWorkspace` where there are neither submodules nor LFS objects, as strace counts them on two cores. */
const gitStarts = 4

async function manyTimes(count: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  await work()
  const taken: number[] = []
  while (taken.length < count) taken.push(await timed(work))
  return taken
}

/** Neither side pays for writing back what the other one wrote. */
async function settle(folder: string, target: string, signal: AbortSignal): Promise<void> {
  await removeTree(target)
  await runOrThrow('sync', ['-f', folder], {}, signal)
}

async function kibibytes(path: string): Promise<number> {
  const { stdout } = await runOrThrow('du', ['-sk', path])
  return Number(stdout.split('\t')[0])
}
