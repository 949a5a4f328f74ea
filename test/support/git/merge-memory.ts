import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { familyMemory } from '../../../main/lib/processes/family-memory.ts'
import { runJob } from '../../../main/worker/run-job.ts'
import { fastImport } from './fast-import.ts'
import { commitFiles, gitIn, makeRepository } from './repositories.ts'

const folders = 50
const filesInFolder = 20

/** Has the real worker merge so many commits onto a branch that has moved, and answers what its family held at most. */
export async function mergeMemory(repo: string, commits: number): Promise<{ peakBytes: number; seconds: number }> {
  await makeRepository(repo)
  const startCommit = await importCommits(repo, 'refs/heads/base', 'HEAD', 1, folders * filesInFolder)
  await gitIn(repo, ['reset', '--quiet', '--hard', startCommit])
  const commit = await importCommits(repo, 'refs/tasks/a1b2c3d4', startCommit, commits, 1)
  await commitFiles(repo, { 'moved/on.txt': 'The branch has moved\n' })
  const watched = watchChildren()
  const start = performance.now()
  const input = { repoPath: repo, taskId: 'a1b2c3d4', startCommit, branch: 'main', commit }
  const outcome = await runJob('merge', input, { answer: z.any() })
  const seconds = (performance.now() - start) / 1_000
  const peakBytes = await watched.stop()
  if (outcome.kind !== 'merged' || outcome.commits !== commits) throw new Error(JSON.stringify(outcome))
  return { peakBytes, seconds }
}

/** So many commits, one after the other, each of so many files with a message of twenty kilobytes. Answers the last. */
async function importCommits(repo: string, ref: string, from: string, commits: number, files: number): Promise<string> {
  const message = `Change it\n\n${'Words on why. '.repeat(1_500)}\n`
  const parts: string[] = []
  let file = 0
  for (let n = 0; n < commits; n += 1) {
    const parent = n === 0 ? `from ${await gitIn(repo, ['rev-parse', from])}\n` : ''
    parts.push(
      `commit ${ref}\ncommitter A <a@example.com> ${1_700_000_000 + n} +0000\ndata ${message.length}\n${message}\n${parent}`,
    )
    for (let k = 0; k < files; k += 1, file += 1) {
      const text = `${ref} ${n} ${k}\n`.repeat(20)
      parts.push(
        `M 100644 inline ${file % folders}/${Math.floor(file / folders) % filesInFolder}.txt\ndata ${text.length}\n${text}\n`,
      )
    }
  }
  return await fastImport(repo, ref, parts.join(''))
}

function watchChildren(): { stop(): Promise<number> } {
  let peakBytes = 0
  const look = async () => {
    let bytes = 0
    for (const pid of childrenOf(process.pid)) bytes += await familyMemory(pid)
    peakBytes = Math.max(peakBytes, bytes)
  }
  const timer = setInterval(() => void look(), 20)
  return {
    stop: async () => {
      clearInterval(timer)
      await look()
      return peakBytes
    },
  }
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
