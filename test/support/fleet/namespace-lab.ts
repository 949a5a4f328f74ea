import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { until } from '../until.ts'

/** A cluster on this machine: a controller and nodes that are sets of namespaces. The commands of its engine are in our PATH until it is disposed. */
export interface NamespaceLab extends AsyncDisposable {
  /** What every node sees under this path is its own. */
  readonly scratch: string
  /** The same from outside. */
  scratchOf(node: string): string
  /** Runs a command of the engine's and resolves with what it prints. */
  command(...words: readonly string[]): Promise<string>
  /** Runs a program beside the controller, with its rights. */
  inside(...words: readonly string[]): Promise<string>
  /** Ends a node with all that runs there, as by a loss of power. */
  kill(node: string): Promise<void>
  boot(node: string): Promise<void>
  startController(): Promise<void>
  /** The pid of what was started as this node, or as the controller, as `inside` sees it. */
  pidOf(name: string): Promise<string>
  /** Signals a process of a node by the pid that it has there. */
  signal(node: string, pid: number, signal: NodeJS.Signals): Promise<void>
}

export interface LabParts {
  /** Everything of the lab lies in it. */
  readonly lab: string
  /** `SCRIPT LAB up WORDS` is process 1 of the lab, `node NODE` and `controller` start one of its parts. */
  readonly script: string
  readonly up: readonly string[]
  readonly nodes: readonly string[]
  /** The engine's commands, as words that run each in the lab. */
  readonly commands: Readonly<Record<string, readonly string[]>>
  /** What every node sees under this path is its own. */
  readonly scratch: string
  /** Whether the lab has a root file system of its own. */
  readonly hasRoot?: boolean
}

export async function startNamespaceLab(parts: LabParts): Promise<NamespaceLab> {
  const { lab, script } = parts
  const file = (name: string) => join(lab, name)
  for (const name of ['bin', ...parts.nodes]) await mkdir(file(name), { recursive: true, mode: 0o755 })
  const isRoot = process.getuid?.() === 0
  const kinds = ['--net', '--uts', '--mount', '--pid', '--mount-proc', ...(isRoot ? [] : ['--map-root-user'])]
  const top = await startDetached('unshare', [...kinds, '--fork', '--kill-child', script, lab, 'up', ...parts.up])
  const init = async (): Promise<string> =>
    (await readFile(`/proc/${top.pid}/task/${top.pid}/children`, 'utf8').catch(() => '')).trim()
  await until(async () => /^\d+$/.test(await init()))
  const first = await init()
  const enter = [
    ...['-t', first, ...(isRoot ? [] : ['-U', '--preserve-credentials']), '-n', '-u', '-m'],
    ...(parts.hasRoot ? ['-r', '-w'] : []),
  ]
  for (const [name, words] of Object.entries(parts.commands)) {
    await writeFile(file(`bin/${name}`), `#!/bin/sh\nexec nsenter ${[...enter, ...words].join(' ')} "$@"\n`)
    await chmod(file(`bin/${name}`), 0o755)
  }
  // Where a user of a cluster has the engine's commands.
  const usualPath = process.env.PATH ?? ''
  process.env.PATH = `${file('bin')}:${usualPath}`
  const inside = async (...words: readonly string[]) =>
    (await runOrThrow('nsenter', [...enter, '-p', ...words])).stdout.trim()
  const pidOf = (name: string) => readFile(file(`${name}.pid`), 'utf8').then((text) => text.trim())
  const start = async (name: string, ...words: readonly string[]): Promise<void> => {
    const line = `"$@" & echo $! >"$0"`
    await startDetached('nsenter', [...enter, '-p', 'sh', '-c', line, file(`${name}.pid`), script, lab, ...words])
  }
  return {
    scratch: parts.scratch,
    scratchOf: (node) => join(lab, node, 'scratch'),
    command: async (...[program = '', ...words]) => (await runOrThrow(file(`bin/${program}`), words)).stdout.trim(),
    ...{ inside, pidOf },
    kill: async (node) => void (await inside('kill', '-KILL', await pidOf(node))),
    boot: (node) => start(node, 'node', node),
    startController: () => start('controller', 'controller'),
    signal: async (node, pid, signal) => {
      const init = await inside('pgrep', '-P', await pidOf(node))
      await inside('nsenter', '-t', init, '-p', '-m', 'kill', `-${signal.replace('SIG', '')}`, String(pid))
    },
    [Symbol.asyncDispose]: async () => {
      process.env.PATH = usualPath
      try {
        process.kill(top.pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
      await top.ended
      await until(() => !existsSync(`/proc/${first}`))
    },
  }
}
