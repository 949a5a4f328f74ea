import { run } from '../processes/spawn.ts'

const answerMs = 20_000
const excluded = new Set<string>()

interface ExcludeOptions {
  readonly platform?: NodeJS.Platform
  /** Apple's program, or one in its place. */
  readonly tool?: string
}

/**
 * Leaves a folder out of Time Machine: disk images of many GiB change with each task and can be made again. Asked once in a process for each
 * folder; elsewhere than on a Mac there is nothing to do. Never rejects: what cannot be left out is backed up, which harms nothing.
 */
export async function excludeFromBackups(
  folder: string,
  { platform = process.platform, tool = '/usr/bin/tmutil' }: ExcludeOptions = {},
): Promise<void> {
  if (platform !== 'darwin' || excluded.has(folder)) return
  excluded.add(folder)
  await run(tool, ['addexclusion', folder], { timeoutMs: answerMs })
}
