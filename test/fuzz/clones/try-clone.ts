import { execFile } from 'node:child_process'
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../../../main/core/failure.ts'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { mergeWork, salvageWork } from '../../../main/tasks/run/ask-worker.ts'
import { WorkerDied } from '../../../main/worker/worker-died.ts'
import { commitFiles, gitIn, makeRepository, statusOf } from '../../support/git/repositories.ts'
import { drawHarm } from './harms.ts'
import { Random } from './random.ts'

const execute = promisify(execFile)
const taskId = 'aaaaaaaa'
const caseMs = 120_000
const workerDied = 'the worker died'

/** A user's repository and a task's clone of it, of which each case gets a copy. */
export interface Template extends AsyncDisposable {
  readonly folder: string
  readonly start: string
}

export async function makeTemplate(): Promise<Template> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mvm-clones-')))
  const repo = join(folder, 'template/repo')
  await makeRepository(repo, { files: { 'README.md': 'A project\n', 'src/a.txt': 'a\n', 'src/b.txt': 'b\n' } })
  const state = join(folder, 'template/state')
  await mkdir(state)
  const { startCommit } = await cloneWorkspace({ repoPath: repo, workspace: join(state, 'repo'), taskId })
  const outside = join(folder, 'template/outside')
  await mkdir(outside)
  for (const name of ['marker', 'linked', '.git']) await writeFile(join(outside, name), `${name} of the host\n`)
  return { folder, start: startCommit, [Symbol.asyncDispose]: () => removeTree(folder) }
}

/** What became of one hostile clone. */
export interface Tried {
  readonly harms: readonly string[]
  /** One word for a count. */
  readonly outcome: string
  /** Promises that were broken; empty when all held. */
  readonly broken: readonly string[]
}

/** Makes the clone of this seed, salvages and merges it through the worker, and looks at what is left. The same seed makes the same clone. */
export async function tryClone(seed: number, { folder, start }: Template): Promise<Tried> {
  const random = new Random(seed)
  const place = await mkdtemp(join(folder, `${seed}-`))
  const [repoPath, state, outside] = [join(place, 'repo'), join(place, 'state'), join(place, 'outside')]
  const harms = Array.from({ length: 1 + random.below(3) }, () => drawHarm(random))
  try {
    await execute('cp', ['-a', `${folder}/template/.`, place])
    const hasMoved = random.below(2) === 0
    if (hasMoved) await commitFiles(repoPath, { 'src/b.txt': `${seed}\n` }, 'Meanwhile')
    const clone = join(state, 'repo')
    for (const harm of harms) {
      try {
        harm.act({ clone, taskId, start, outside, random })
      } catch {
        // One harm may keep another from being done; what was done of it stays.
      }
    }
    const before = await snapshot(outside)
    const { outcome, defect } = await bringHome({
      repoPath,
      workspace: clone,
      startCommit: start,
      stateDirectory: state,
    })
    const broken = [
      ...(defect === undefined ? [] : [defect]),
      ...((await snapshot(outside)) === before ? [] : ['something outside was touched']),
      ...(await faultsOf(repoPath, join(place, 'fresh'))),
      // A process that died cleans up nothing: the next try does, or the clean-up of the task.
      ...(outcome === workerDied ? [] : await readdir(state))
        .filter((name) => name !== 'repo')
        .map((name) => `${name} was left behind`),
    ]
    return { harms: harms.map(({ name }) => name), outcome, broken }
  } finally {
    await removeTree(place)
  }
}

async function bringHome(source: {
  readonly repoPath: string
  readonly workspace: string
  readonly startCommit: string
  readonly stateDirectory: string
}): Promise<{ readonly outcome: string; readonly defect?: string }> {
  const { repoPath, startCommit } = source
  try {
    const work = await salvageWork({ ...source, taskId }, AbortSignal.timeout(caseMs))
    if (work.ref === null) return { outcome: 'nothing to merge' }
    const request = { repoPath, taskId, startCommit, branch: 'main', commit: work.commit }
    const merge = await mergeWork(request, AbortSignal.timeout(caseMs))
    return { outcome: merge.kind === 'unmerged' ? merge.reason : merge.kind }
  } catch (error) {
    if (error instanceof WorkerDied) return { outcome: workerDied }
    if (error instanceof AppError) return { outcome: error.code }
    const { name, message } = error as Error
    if (name === 'TimeoutError') return { outcome: 'timed out' }
    return { outcome: 'defect', defect: `${name}: ${message.slice(0, 300)}` }
  }
}

/** What is not as it must be in the user's repository, whatever the clone was. */
async function faultsOf(repo: string, fresh: string): Promise<readonly string[]> {
  const said = await gitIn(repo, ['fsck', '--full', '--no-dangling', '--no-progress']).catch(
    (error: Error) => `fsck failed: ${error.message}`,
  )
  const status = await statusOf(repo)
  return [
    ...(/^(error|missing|broken|fsck failed)/m.test(said) ? [said.slice(0, 300)] : []),
    ...(status === '' ? [] : await notInFreshClone(status, repo, fresh)),
  ]
}

/** Attributes that contradict each other have git itself call files changed in a clone that no one has touched. */
async function notInFreshClone(status: string, repo: string, fresh: string): Promise<readonly string[]> {
  await execute('git', ['clone', '--quiet', repo, fresh])
  const there = (await statusOf(fresh)).split('\n')
  const lines = status.split('\n').filter((line) => !there.includes(line))
  return lines.length === 0 ? [] : [`the checkout differs from its branch: ${lines.join('; ').slice(0, 300)}`]
}

/** Names, kinds, modes and contents below a folder of our own. */
async function snapshot(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true })
  const lines = names.sort().map(async (name) => {
    const stats = await lstat(join(folder, name))
    return `${name} ${stats.mode} ${stats.isFile() ? await readFile(join(folder, name), 'latin1') : ''}`
  })
  return (await Promise.all(lines)).join('\n')
}
