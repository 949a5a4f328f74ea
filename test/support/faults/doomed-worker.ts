import childProcess from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { jobs } from '../../../main/worker/jobs.ts'
import { doomVariable, type WorkerDoom } from './doom-workers.ts'

/** Loaded before the worker's own program: has it end, or end the orchestrator, at one command of one job. */
const doom = JSON.parse(process.env[doomVariable] ?? '') as WorkerDoom
type Work = (input: unknown, signal?: AbortSignal) => unknown
const table = jobs as unknown as Record<string, Work>
const work = table[doom.job] as Work
let isUnderWay = false
let commands = 0

function die(): void {
  if (doom.once !== undefined) {
    try {
      writeFileSync(doom.once, '', { flag: 'wx' })
    } catch {
      return // Another one has died.
    }
  }
  if (doom.dies !== 'worker') process.kill(process.ppid, 'SIGKILL')
  // All that it started as well, as when a service or the whole host is ended.
  if (doom.dies !== 'orchestrator') process.kill(-process.pid, 'SIGKILL')
}

table[doom.job] = async (...args) => {
  isUnderWay = true
  if (doom.command === 0) die()
  try {
    const answer = await work(...args)
    if (doom.command === 'end') die()
    return answer
  } finally {
    isUnderWay = false
  }
}

const spawn = childProcess.spawn
childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
  if (isUnderWay && ++commands === doom.command) die()
  return spawn(...args)
}) as typeof spawn
syncBuiltinESMExports()
