import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { shareNames } from '../core/task/share-names.ts'
import { mergeWork } from '../git/merge/merge-work.ts'
import { git, gitQuickly, gitText } from '../git/process/git.ts'
import { recordsOf, streamGit } from '../git/process/stream-git.ts'
import { salvageWork } from '../git/salvage/salvage-work.ts'
import { findHeldPaths } from '../git/self-running/find-held-paths.ts'
import { cacheDirectory } from '../lib/files/paths.ts'
import { keepStream } from './keep-stream.ts'
import { readResult } from './read-result.ts'

/**
 * Makes this process quick before it has a job: it starts git in each of the ways in which a job does, and brings a made-up task to its
 * end. Code that runs for the first time takes it several times as long, and a worker that is started ahead has the time. Ends early when
 * the signal fires. Never rejects: what goes wrong is for the job to tell.
 * @param folder Where workers keep the repositories of such tasks, each below its process id.
 */
export async function warmUp(signal: AbortSignal, folder = join(cacheDirectory(), 'warm-up')): Promise<void> {
  try {
    await startGit(signal)
    await removeThoseOfDead(folder)
    const own = join(folder, String(process.pid))
    try {
      await endMadeUpTask(own, signal)
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  } catch {
    // See above.
  }
}

async function startGit(signal: AbortSignal): Promise<void> {
  const nowhere = { cwd: '/', trust: 'none' } as const
  for (let times = 0; times < 4; times += 1) await gitQuickly(['version'], nowhere, signal)
  await git(['version'], nowhere, signal)
  await using listing = streamGit(['version'], nowhere, signal)
  for await (const _line of recordsOf(listing.stdout, '\n', { bytes: 1024 }));
  await listing.succeeded()
}

const taskId = '00000000'
const person = {
  GIT_AUTHOR_NAME: 'warm-up',
  GIT_AUTHOR_EMAIL: '',
  GIT_COMMITTER_NAME: 'warm-up',
  GIT_COMMITTER_EMAIL: '',
}

/** Reads what an agent left, and salvages and merges one commit of one file, from `clone` into `repository`, all made in the folder. @throws what any of it throws. */
export async function endMadeUpTask(folder: string, signal: AbortSignal): Promise<void> {
  const repoPath = join(folder, 'repository')
  const workspace = join(folder, 'clone')
  await mkdir(repoPath, { recursive: true, mode: 0o700 })
  const inside = (cwd: string) => ({ cwd, trust: 'none', env: person, config: ['protocol.file.allow=always'] }) as const
  const commitFile = async (cwd: string, name: string): Promise<string> => {
    await writeFile(join(cwd, name), `${name}\n`)
    await gitText(['add', '--all'], inside(cwd), signal)
    await gitText(['commit', '--quiet', '--message', name], inside(cwd), signal)
    return await gitText(['rev-parse', 'HEAD'], inside(cwd), signal)
  }
  await gitText(['init', '--quiet', '--initial-branch=main'], inside(repoPath), signal)
  // The user's own attributes could have a program of theirs run.
  await gitText(['config', 'core.attributesFile', '/dev/null'], inside(repoPath), signal)
  const startCommit = await commitFile(repoPath, 'first')
  await gitText(['clone', '--quiet', repoPath, workspace], inside(folder), signal)
  await commitFile(workspace, 'second')
  await readMadeUpShare(join(folder, 'share'))
  const { commit } = await salvageWork({ repoPath, workspace, taskId, startCommit, stateDirectory: folder }, signal)
  await findHeldPaths({ repoPath, from: startCommit, to: commit }, [], signal)
  await mergeWork({ repoPath, taskId, startCommit, branch: 'main', commit }, signal)
}

async function readMadeUpShare(share: string): Promise<void> {
  await mkdir(share, { mode: 0o700 })
  const line = { type: 'result', subtype: 'success', is_error: false, result: 'Done', num_turns: 1 }
  await writeFile(join(share, shareNames.stream), `${JSON.stringify(line)}\n`)
  await writeFile(join(share, shareNames.result), '{"success":true,"summary":"Done","error":null,"exit_code":0}\n')
  const [secret, files] = ['none', { share, stream: join(share, 'kept'), console: join(share, 'console') }]
  const result = await readResult(share, secret)
  if ('code' in result) throw new Error(result.message)
  await keepStream({ files, secret })
}

/** A worker may be ended at any moment, also in the middle of this. */
async function removeThoseOfDead(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) {
    if (!isAlive(Number(name))) await rm(join(folder, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
