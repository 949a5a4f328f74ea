import { AppError } from '../../../main/core/failure.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import { withOwnCommand } from '../../../main/lib/processes/own-command.ts'
import { chooseGuest, type GuestChoice, usualGuest } from '../../../main/machines/choose-guest.ts'
import type { Problem } from '../../../main/machines/driver.ts'
import { createDriver } from '../../../main/machines/drivers.ts'
import { ensureGuestImage, type GuestImage } from '../../../main/machines/guest-image.ts'
import { cureProblems } from '../../../main/machines/host/cure-problems.ts'
import { hostProblems } from '../../../main/machines/host/host-problems.ts'
import type { HostPackage } from '../../../main/machines/host/package-managers.ts'
import { packageProblem } from '../../../main/machines/host/package-problem.ts'

/** A program that a task does not need, but the caller does. */
export interface ExtraTool {
  readonly program: string
  readonly package: HostPackage
  /** Completes `PROGRAM is missing; it ...`. */
  readonly purpose: string
  /** How it is looked for, where it is no program that a PATH leads to. */
  readonly isThere?: () => Promise<boolean>
}

/**
 * Makes this host able to run tasks, and gives it `extra`: installs what is missing, having said what and why, and builds the guest image or finds it.
 * @throws AppError('host-incomplete' | 'image-failed') that says what is left to do by hand.
 */
export async function prepareHost(
  say: (line: string) => void,
  signal: AbortSignal,
  extra: readonly ExtraTool[] = [],
): Promise<GuestImage> {
  const problems = await findProblems(extra, signal)
  for (const { message, cure, optional } of problems) if (optional) say(`Note: ${message}. ${withOwnCommand(cure)}`)
  const needed = ({ optional, code }: Problem): boolean => !optional && code !== 'image-missing'
  const look = async () => (await findProblems(extra, signal)).filter(needed)
  const missing = problems.filter(needed)
  if (missing.length > 0) {
    if (!canInstall(missing, await findTool('sudo')))
      throw incomplete(missing, 'and this user can neither be root nor sudo')
    say('This host lacks what tasks need:')
    const left = await cureProblems(look, { onProgress: say }, signal)
    if (left.length > 0) throw incomplete(left, 'and could not be installed')
  }
  return await ensureGuestImage(
    { cacheDirectory: cacheDirectory(), onProgress: say },
    signal,
    chooseGuest(guestOfRun()),
  )
}

/** Where a Mac with no Nix takes the guest of a checkout from: a folder that `npm run guest-image` has filled on Linux. */
const guestOfRun = (): GuestChoice => ({ ...usualGuest, guestImage: process.env.GUEST_IMAGE ?? null })

const noImage = (): Promise<never> => Promise.reject(new Error('Nothing is started here'))

/** What `doctor` names, so that neither can know less than the other, and what the caller needs beside. */
async function findProblems(extra: readonly ExtraTool[], signal: AbortSignal): Promise<readonly Problem[]> {
  const driver = createDriver({ image: noImage, cacheDirectory: cacheDirectory(), log: silentLog })
  const ofHost = await hostProblems(driver, { cacheDirectory: cacheDirectory(), guest: guestOfRun() }, signal)
  return [...ofHost, ...(await toolProblems(extra))]
}

async function toolProblems(tools: readonly ExtraTool[]): Promise<readonly Problem[]> {
  const isThere = await Promise.all(
    tools.map(async (tool) => (await tool.isThere?.()) ?? (await findTool(tool.program)) !== undefined),
  )
  return tools
    .filter((_, index) => !isThere[index])
    .map(({ program, package: name, purpose }) =>
      packageProblem(`${program}-missing`, `${program} is missing; it ${purpose}`, name),
    )
}

const canInstall = (problems: readonly Problem[], sudo: string | undefined): boolean =>
  process.getuid?.() === 0 || sudo !== undefined || problems.every(({ remedy }) => remedy?.kind === 'tool')

function incomplete(problems: readonly Problem[], why: string): AppError {
  const lines = problems.map(({ message, cure }) => `  ${message}\n    ${withOwnCommand(cure)}`)
  return new AppError('host-incomplete', `This host lacks what tasks need, ${why}:\n${lines.join('\n')}`)
}
