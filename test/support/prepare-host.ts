import { AppError } from '../../main/core/failure.ts'
import { findTool } from '../../main/lib/find-tool.ts'
import { silentLog } from '../../main/lib/log.ts'
import { cacheDirectory } from '../../main/lib/paths.ts'
import type { Problem } from '../../main/machines/driver.ts'
import { createDriver } from '../../main/machines/drivers.ts'
import { ensureGuestImage, type GuestImage, guestImageProblems } from '../../main/machines/guest-image.ts'
import { applyRemedies } from '../../main/machines/host-packages.ts'

/** A program that a task does not need, but the caller does. */
export interface ExtraTool {
  readonly program: string
  readonly package: string
  /** Completes `PROGRAM is missing; it ...`. */
  readonly purpose: string
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
  for (const { message, optional } of problems) if (optional) say(`Note: ${message}`)
  const missing = problems.filter(({ optional, code }) => !optional && code !== 'image-missing')
  if (missing.length > 0) {
    if (!canInstall(missing, await findTool('sudo')))
      throw incomplete(missing, 'and this user can neither be root nor sudo')
    say('This host lacks what tasks need:')
    await applyRemedies(missing, { onProgress: say }, signal)
    const left = (await findProblems(extra, signal)).filter(
      ({ optional, code }) => !optional && code !== 'image-missing',
    )
    if (left.length > 0) throw incomplete(left, 'and could not be installed')
  }
  return await ensureGuestImage({ cacheDirectory: cacheDirectory(), onProgress: say }, signal)
}

const noImage = (): Promise<never> => Promise.reject(new Error('Nothing is started here'))

async function findProblems(extra: readonly ExtraTool[], signal: AbortSignal): Promise<readonly Problem[]> {
  const driver = createDriver({ image: noImage, cacheDirectory: cacheDirectory(), log: silentLog })
  const found = [
    ...(await toolProblems([git, ...extra])),
    ...(await driver.problems(signal)),
    ...(await guestImageProblems({ cacheDirectory: cacheDirectory() }, signal)),
  ]
  // Two parts may lack the same package.
  return [...new Map(found.map((problem) => [problem.code, problem])).values()]
}

const git: ExtraTool = { program: 'git', package: 'git', purpose: 'makes the clones that tasks work on' }

async function toolProblems(tools: readonly ExtraTool[]): Promise<readonly Problem[]> {
  const found = await Promise.all(tools.map(({ program }) => findTool(program)))
  return tools
    .filter((_, index) => found[index] === undefined)
    .map(({ program, package: name, purpose }) => ({
      code: `${program}-missing`,
      message: `${program} is missing; it ${purpose}`,
      cure: `apt-get install ${name}`,
      remedy: { kind: 'packages', names: [name] },
    }))
}

const canInstall = (problems: readonly Problem[], sudo: string | undefined): boolean =>
  process.getuid?.() === 0 || sudo !== undefined || problems.every(({ remedy }) => remedy?.kind === 'tool')

function incomplete(problems: readonly Problem[], why: string): AppError {
  const lines = problems.map(({ message, cure }) => `  ${message}\n    ${cure}`)
  return new AppError('host-incomplete', `This host lacks what tasks need, ${why}:\n${lines.join('\n')}`)
}
