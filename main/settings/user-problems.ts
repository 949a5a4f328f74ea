import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { AppError, type Failure, toFailure } from '../core/failure.ts'
import type { Problem } from '../core/problem.ts'
import { freeBytes } from '../lib/files/disk-space.ts'
import { unusable } from '../lib/files/private-folder.ts'
import { portOwner } from '../lib/processes/port-owner.ts'
import { guestEnvironment } from './guest-environment.ts'
import { readSettings } from './settings.ts'
import { findKey } from './token.ts'

/**
 * What the user's own settings lack for a task: a readable settings file, a key, a usable base URL, a free port. `serves` says
 * whether a server of this home is at work: then the port is its.
 */
export async function userProblems(
  home: string,
  env: NodeJS.ProcessEnv,
  serves: () => Promise<boolean>,
): Promise<readonly Problem[]> {
  const checks = [
    () => homeProblem(home),
    () => spaceProblem(home),
    () => portProblem(home, serves),
    () => findKey(env, home),
    () => guestEnvironment(env, 'guest.invalid'),
  ]
  const problems: Problem[] = []
  for (const check of checks) {
    try {
      const problem = await check()
      if (isProblem(problem)) problems.push(problem)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      problems.push(asProblem(toFailure(error)))
    }
  }
  // Settings that cannot be read are found by each check that asks for one.
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()]
}

const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null && 'cure' in value

const asProblem = ({ code, message, hint }: Failure): Problem => ({ code, message, cure: hint ?? 'Correct it' })

/** A home that is not there yet is made when it is needed, where the folder above it allows that. */
async function homeProblem(home: string, folder = home): Promise<void> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(folder) !== folder
    if (!missing) throw unusable(home, error)
    await homeProblem(home, dirname(folder))
  }
}

/** With less, every task is refused when it is to begin. */
async function spaceProblem(home: string): Promise<Problem | undefined> {
  const { minFreeGiB } = readSettings(home)
  // A home that cannot be looked into is named already.
  const bytes = await freeBytes(home).catch(() => undefined)
  if (bytes === undefined || bytes / 1024 ** 3 >= minFreeGiB) return undefined
  const freeGiB = bytes / 1024 ** 3
  return {
    code: 'disk-full',
    message: `Only ${freeGiB.toFixed(1)} GiB are free on the disk of ${home}; a new task needs ${minFreeGiB} GiB`,
    cure: 'Free some disk space, or lower minFreeGiB in settings.json',
  }
}

async function portProblem(home: string, serves: () => Promise<boolean>): Promise<Problem | undefined> {
  const { port } = readSettings(home)
  if (await isFree(port)) return undefined
  if (await serves()) return undefined
  return {
    code: 'port-taken',
    message: `Port ${port} is taken by ${(await portOwner(port)) ?? 'another program'}`,
    cure: 'Stop it, or serve on another one: microvm-orchestrator serve --port N',
  }
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = createServer()
  probe.once('error', () => resolve(false))
  probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  return await promise
}
