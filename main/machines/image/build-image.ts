import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { writeAtomically, writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { startHeartbeat } from '../../lib/heartbeat.ts'
import { RunError, runOrThrow } from '../../lib/processes/spawn.ts'
import { fetchNpmPackage } from './fetch-npm-package.ts'
import { type ImageFile, imageFileName } from './image-file.ts'
import type { ImageInputs, NpmPackage } from './inputs.ts'

/** mmdebstrap takes its mounts and its root away when it is asked to end, which is some work on a slow disk. */
const longestTidyMs = 120_000

export interface BuildOptions {
  /** The image's folder; it appears whole or not at all. Its parent exists. */
  readonly directory: string
  /** Told one line for each phase: how far, what, and how long it took so far. */
  readonly onProgress: (line: string) => void
}

/**
 * Builds the image from Debian packages and those of npm that are pinned, Claude Code's among them; takes minutes and needs the network.
 * @throws AppError('image-failed') with the last lines of the log, which stays beside the folder as `KEY.log`.
 */
export async function buildImage(
  inputs: ImageInputs,
  { directory, onProgress }: BuildOptions,
  signal?: AbortSignal,
): Promise<void> {
  const log: string[] = []
  const work = await mkdtemp(`${directory}.new-`)
  const logPath = `${directory}.log`
  const started = performance.now()
  using heartbeat = startHeartbeat(onProgress)
  const say = (phase: string): void => {
    onProgress(`Guest image: ${phase} (${Math.round((performance.now() - started) / 1000)} s)`)
    heartbeat.now(`Guest image: still at ${phase}`)
  }
  try {
    const { claude, npm, devcontainers } = inputs.pins
    say(`fetching Claude Code ${claude.version}`)
    const fetched = (name: string, pin: NpmPackage) => fetchNpmPackage(pin, join(work, name), signal)
    const packages = {
      CLAUDE_PACKAGE: await fetched('claude', { ...claude[inputs.architecture], version: claude.version }),
      NPM_PACKAGE: await fetched('npm', npm),
      DEVCONTAINERS_PACKAGE: await fetched('devcontainers', devcontainers),
    }
    const image = join(work, 'image')
    await mkdir(image)
    const onLine = (line: string): void => {
      log.push(line)
      const [, percent, phase] = /^progress: (\d+) (.*)$/.exec(line) ?? []
      if (percent !== undefined) say(`${percent} % ${phase}`)
    }
    const script = join(inputs.scripts, 'build-image.sh')
    await runOrThrow(
      'bash',
      [script, image],
      { env: buildEnvironment(inputs, packages), onLine, killAfterMs: longestTidyMs },
      signal,
    )
    const versionFile = join(image, 'kernel-version')
    const kernelVersion = (await readFile(versionFile, 'utf8')).trim()
    await rm(versionFile)
    const file: ImageFile = {
      schemaVersion: 1,
      kernel: 'vmlinux',
      initrd: 'initrd.img',
      root: 'root.erofs',
      kernelParameters: [...inputs.kernelParameters],
      claudeVersion: claude.version,
      kernelVersion,
      ...(inputs.architecture === 'arm64' && { rosettaTag: 'rosetta' }),
      builtAt: new Date().toISOString(),
    }
    await writeJsonAtomically(join(image, imageFileName), file, 0o644)
    await rename(image, directory)
    await rm(logPath, { force: true })
    say('done')
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (!(error instanceof RunError)) throw error
    const lines = log.length > 0 ? log : error.message.split('\n')
    await writeAtomically(logPath, `${lines.join('\n')}\n`)
    throw new AppError('image-failed', `The guest image could not be built:\n${lines.slice(-8).join('\n')}`, {
      hint: `The whole log is ${logPath}; microvm-orchestrator doctor names what this host lacks`,
      cause: error,
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function buildEnvironment(
  { architecture, pins }: ImageInputs,
  packages: Readonly<Record<string, string>>,
): Record<string, string> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'HOME'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(proxies),
    ARCHITECTURE: architecture === 'x64' ? 'amd64' : 'arm64',
    SUITE: pins.suite,
    MIRROR: pins.mirror,
    SOURCE_DATE_EPOCH: String(pins.sourceDateEpoch),
    ...packages,
  }
}
