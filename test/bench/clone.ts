import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cloneWorkspace } from '../../main/git/clone-workspace.ts'
import { removeTree } from '../../main/lib/remove-tree.ts'
import { runOrThrow } from '../../main/lib/spawn.ts'
import { commitFiles, gitIn, makeRepository } from '../support/repositories.ts'
import { type Bench, type BenchContext, inPairs, type Row, timed } from './measure.ts'

export const clone: Bench = {
  name: 'clone',
  about: "a task's clone against a plain copy of the files that it ends up with",
  async measure(context) {
    const large = { commits: 6, blobs: 24, replaced: 14, smallFiles: 4000 }
    const many = { commits: 2, blobs: 0, replaced: 0, smallFiles: 20_000 }
    const rows = [await measureOne(context, large, { kind: 'ratio', atMost: 1.3 })]
    if (!context.quick) rows.push(await measureOne(context, many, { kind: 'ratio', atMost: 1.3 }))
    return rows
  },
}

/** Blobs are of one random megabyte each: nothing compresses them. `replaced` is how many each later commit writes anew. */
interface Shape {
  readonly commits: number
  readonly blobs: number
  readonly replaced: number
  readonly smallFiles: number
}

async function measureOne({ folder, quick, signal, say }: BenchContext, shape: Shape, goal: Row['goal']): Promise<Row> {
  const repository = join(folder, `repository-${shape.smallFiles}`)
  say(`making a repository with ${shape.smallFiles} small files`)
  await makeMaterial(repository, shape)
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
  const measured = await inPairs(quick ? 2 : 7, ours, theirs)
  for (const path of [reference, copy, workspace, repository]) await removeTree(path)
  return {
    what: `clone, ${megabytes} MB, ${shape.smallFiles} files`,
    unit: 'ms',
    ours: measured.ours,
    against: { what: 'cp of the same files', values: measured.theirs },
    goal,
  }
}

/** Neither side pays for writing back what the other one wrote. */
async function settle(folder: string, target: string, signal: AbortSignal): Promise<void> {
  await removeTree(target)
  await runOrThrow('sync', ['-f', folder], {}, signal)
}

async function makeMaterial(path: string, { commits, blobs, replaced, smallFiles }: Shape): Promise<void> {
  await makeRepository(path)
  for (let index = 0; index < smallFiles; index++) {
    const folder = join(path, 'source', String(index % 100))
    if (index < 100) await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `file-${index}.txt`), smallText(index))
  }
  let written = 0
  for (let commit = 0; commit < commits; commit++) {
    const files: Record<string, string | Uint8Array> = { 'counter.txt': `${commit}\n` }
    const count = commit === 0 ? blobs : replaced
    for (let blob = 0; blob < count; blob++) files[`assets/${written++ % blobs}.bin`] = randomBytes(1 << 20)
    await commitFiles(path, files, `Commit ${commit}`)
  }
  await gitIn(path, ['repack', '-a', '-d', '-q'])
}

/** About three kilobytes, each file's own, as source text is: some of it repeats. */
const smallText = (index: number): string =>
  Array.from({ length: 40 }, (_, line) => `line ${line} of file ${index}: ${randomBytes(24).toString('hex')}\n`).join(
    '',
  )

async function kibibytes(path: string): Promise<number> {
  const { stdout } = await runOrThrow('du', ['-sk', path])
  return Number(stdout.split('\t')[0])
}
