import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { livingObjects, readingToo } from '../../../main/git/repository/object-folder.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { readLivingClone, readPatch } from '../../../main/tasks/review/look-with-worker.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { type Bench, type BenchContext, inPairs, type Row, timed } from '../measure.ts'

const taskId = 'a1b2c3d4'

export const live: Bench = {
  name: 'live',
  about:
    "what a task has changed so far, read out of its clone while that is written, against git's own look in a copy",
  async measure(context) {
    const rows: Row[] = []
    for (const files of context.quick ? [1_000] : [1_000, 10_000]) rows.push(await measureOne(context, files))
    return rows
  },
}

async function measureOne({ folder: all, quick, signal, say }: BenchContext, files: number): Promise<Row> {
  const folder = join(all, String(files))
  const repository = join(folder, 'repository')
  say(`making a repository with ${files} files`)
  await mkdir(folder)
  await makeRepository(repository, { files: {} })
  for (let index = 0; index < files; index++) {
    const sub = join(repository, 'source', String(index % 100))
    if (index < 100) await mkdir(sub, { recursive: true })
    await writeFile(join(sub, `file-${index}.txt`), `File ${index}\n`)
  }
  await gitIn(repository, ['add', '--all'])
  await gitIn(repository, ['commit', '--quiet', '--message', 'Files'])
  const workspace = join(folder, 'workspace')
  const { startCommit } = await cloneWorkspace({ repoPath: repository, workspace, taskId }, signal)
  for (let index = 0; index < 100; index++)
    await writeFile(join(workspace, 'source', String(index), 'new.txt'), 'New\n')
  const copy = join(folder, 'copy')
  await cp(workspace, copy, { recursive: true, preserveTimestamps: true })

  let count = 0
  const writer = setInterval(() => void writeFile(join(workspace, 'busy.txt'), String(count++)), 5)
  const place = { repoPath: repository, commonDirectory: undefined, workspace, folder: join(folder, 'live') }
  const ours = async () => {
    await removeTree(place.folder)
    return await timed(async () => {
      const { commit } = await readLivingClone({ ...place, taskId, startCommit }, signal)
      const range = {
        repoPath: repository,
        from: startCommit,
        to: commit,
        objects: readingToo(livingObjects(place.folder)),
      }
      const seen = await readPatch({ range, commits: 200, path: undefined, characters: 60_000 }, taskId, signal)
      if (seen.files.length < 100) throw new Error(`Only ${seen.files.length} files were seen`)
    })
  }
  const theirs = async () => {
    await gitIn(copy, ['reset', '--quiet'])
    return await timed(async () => {
      await gitIn(copy, ['add', '--all'])
      await gitIn(copy, ['diff', '--cached', '--no-color', startCommit])
    })
  }
  try {
    say('reading both')
    const measured = await inPairs(quick ? 2 : 7, ours, theirs)
    return {
      what: `what a task has changed so far, ${files} files, 100 of them new`,
      unit: 'ms',
      ours: measured.ours,
      against: { what: 'git add and git diff in a copy that nobody writes', values: measured.theirs },
      goal: { kind: 'limit', atMost: files === 1_000 ? 2_000 : 4_000 },
      notes: ['Ours trusts nothing in the clone, so it reads each file, in two processes of their own.'],
    }
  } finally {
    clearInterval(writer)
  }
}
