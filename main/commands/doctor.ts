import { hostDriver } from '../app.ts'
import { AppError } from '../core/failure.ts'
import type { Problem } from '../core/problem.ts'
import { cacheDirectory } from '../lib/files/paths.ts'
import { silentLog } from '../lib/log.ts'
import { withOwnCommand } from '../lib/processes/own-command.ts'
import { chooseGuest, type GuestChoice, usualGuest } from '../machines/choose-guest.ts'
import type { Problem as MachineProblem } from '../machines/driver.ts'
import { ensureGuestImage } from '../machines/guest-image.ts'
import { cureProblems } from '../machines/host/cure-problems.ts'
import { hostProblems } from '../machines/host/host-problems.ts'
import { listRepositories } from '../settings/repositories.ts'
import { readSettings } from '../settings/settings.ts'
import { userProblems } from '../settings/user-problems.ts'
import { oddFolders } from '../tasks/record/odd-folders.ts'
import { serverIfRunning } from './terminal/connection.ts'
import type { Terminal } from './terminal/terminal.ts'

export interface DoctorOptions {
  readonly fix: boolean
  /** Whether guests shall attack this host, where tasks can run on it. */
  readonly attack: boolean
}

/**
 * Says what this host lacks for a task, each with its cure; with `fix` first installs and builds what can be, saying what and why.
 * @throws AppError('host-incomplete') when a task could not run, 'border-broken' when an attack succeeded.
 */
export async function doctor(terminal: Terminal, { fix, attack }: DoctorOptions): Promise<void> {
  const stop = new AbortController()
  process.on('SIGINT', () => stop.abort(new AppError('cancelled', 'Stopped')))
  const guest = guestOf(terminal.home)
  if (fix) await fixHost(terminal, guest, stop.signal)

  const { home, env } = terminal
  const serves = async () => (await serverIfRunning(home)) !== undefined
  // The red team brings a key of its own.
  const ofUser = attack ? [] : await userProblems(home, env, serves)
  const ofTasks = attack ? [] : await oddFolders(home, await listRepositories(home).catch(() => [])) // `ofUser` says why.
  const found: MachineProblem[] = [...(await problemsOfHost(guest, stop.signal)), ...ofUser, ...ofTasks]
  for (const problem of found) report(terminal, problem)
  const missing = found.filter(({ optional }) => !optional)
  if (missing.length === 0) {
    terminal.say('This host can run tasks.')
    if (attack) await (await import('./attack.ts')).attack(terminal, stop.signal)
    return
  }
  const fixable = !fix && missing.some(({ remedy }) => remedy)
  throw new AppError('host-incomplete', `This host cannot run tasks yet: ${counted(missing.length)} above`, {
    ...(fixable && { hint: 'microvm-orchestrator doctor --fix installs and builds what can be' }),
  })
}

const problemsOfHost = (guest: GuestChoice, signal: AbortSignal): Promise<readonly MachineProblem[]> =>
  hostProblems(
    hostDriver(silentLog, () => guest),
    { cacheDirectory: cacheDirectory(), guest },
    signal,
  )

function guestOf(home: string): GuestChoice {
  try {
    return readSettings(home)
  } catch {
    return usualGuest // What is wrong with the file is one of the user's problems, and told as that.
  }
}

async function fixHost(terminal: Terminal, guest: GuestChoice, signal: AbortSignal): Promise<void> {
  const say = (line: string): void => terminal.say(line)
  const left = await cureProblems(() => problemsOfHost(guest, signal), { onProgress: say }, signal)
  if (left.some(({ optional }) => !optional)) return // The build would fail for it; the report says what it is.
  await ensureGuestImage({ cacheDirectory: cacheDirectory(), onProgress: say }, signal, chooseGuest(guest))
}

function report(terminal: Terminal, { message, cure, optional }: Problem): void {
  terminal.say(`${optional ? '  optional' : '  missing '}  ${message}`)
  terminal.say(`            ${withOwnCommand(cure)}`)
}

const counted = (count: number): string => (count === 1 ? 'see the point' : `see the ${count} points`)
