import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../app.ts'
import type { TaskId } from '../core/task/task.ts'
import type { TaskView } from '../core/task/view.ts'
import type { Log } from '../lib/log.ts'
import { runOrThrow } from '../lib/processes/spawn.ts'
import type { MachineDriver, MachineSpec } from '../machines/driver.ts'
import { registerRepository } from '../settings/repositories.ts'
import type { Tasks } from '../tasks/contract.ts'
import { type TaskFiles, taskFiles } from '../tasks/record/task-files.ts'
import { connectToServer, type ServerConnection } from '../web/client.ts'
import { attackScript } from './attack-image.ts'
import type { Bait } from './fixtures.ts'
import { goFile, type SceneName, type SceneTargets, sceneScripts } from './scene-scripts.ts'

/** A whole orchestrator with a home of its own, whose guests do what their scene says. */
export interface Stage extends AsyncDisposable {
  readonly home: string
  readonly port: number
  readonly client: ServerConnection
  readonly tasks: Tasks
  /** Everything that the orchestrator logged. */
  readonly logged: () => string
  play(scene: SceneName): Promise<Scene>
}

/** One running task of the stage. */
interface Scene {
  readonly id: TaskId
  readonly files: TaskFiles
  view(): Promise<TaskView>
  /** Resolves with the console as it is when it says the words, or with the end of the task. */
  console(words: string): Promise<string>
  /** Lets the guest go on. */
  go(): Promise<void>
  /** Resolves with the phase, or the end. */
  until(phase: TaskView['phase']): Promise<TaskView>
}

const memoryMiB = 1024
export const sceneMemoryBytes = memoryMiB * 1024 ** 2

export async function openStage(
  driver: MachineDriver,
  bait: Bait,
  targets: SceneTargets,
  apiPort: number,
  signal: AbortSignal,
): Promise<Stage> {
  const home = join(bait.folder, 'home')
  const scripts = sceneScripts(targets)
  const lines: string[] = []
  await using stack = new AsyncDisposableStack()
  for (const name of Object.keys(scripts)) {
    const path = join(bait.folder, name)
    await runOrThrow('cp', ['-R', bait.template, path])
    await registerRepository(home, { path })
  }
  const limits = { memoryMiB, cpus: 1, minFreeGiB: 0, powerOffTimeoutMs: 20_000 }
  // With the key in the guest, for attacks that would tell it.
  const settings = { egress: 'closed', keyInGuest: true, onQuit: 'stop', ...limits }
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))
  const server = await startServer(
    {
      home,
      port: 0,
      log: linesLog(lines),
      env: { ANTHROPIC_BASE_URL: `http://127.0.0.1:${apiPort}`, ANTHROPIC_API_KEY: bait.key },
      driver: { ...driver, start: async (spec, over) => await driver.start(await withScript(spec, scripts), over) },
    },
    signal,
  )
  stack.defer(() => server.close())
  const client = await connectToServer(home)

  const play = async (scene: SceneName): Promise<Scene> => {
    // A limit on tokens has the host read the stream while the guest writes it.
    const { task_id } = await client.call('run_task', { repo: scene, description: scene, max_tokens: 1_000_000 })
    const id = task_id as TaskId
    const files = taskFiles(home, id)
    const view = () => client.call('get_task_info', { task_id })
    return {
      id,
      files,
      view,
      go: () => writeFile(join(files.share, goFile), ''),
      console: async (words) => {
        for (;;) {
          signal.throwIfAborted()
          const over = (await view()).phase === 'finished'
          const text = await readFile(files.console, 'latin1').catch(() => '')
          if (text.includes(words) || over) return text
          await sleep(100)
        }
      },
      until: async (phase) => {
        for (;;) {
          signal.throwIfAborted()
          const now = await view()
          if (now.phase === phase || now.phase === 'finished') return now
          await sleep(100)
        }
      },
    }
  }
  const open = stack.move()
  return {
    home,
    port: Number(new URL(server.url).port),
    client,
    tasks: server.tasks,
    logged: () => lines.join('\n'),
    play,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** The scene is the task's text, which lies in the share. */
async function withScript(spec: MachineSpec, scripts: Readonly<Record<string, string>>): Promise<MachineSpec> {
  const share = spec.shares.find(({ tag }) => tag === 'share')
  if (!share) throw new Error('A machine without a share')
  const scene = await readFile(join(share.directory, 'task.md'), 'utf8')
  await writeFile(join(share.directory, attackScript), scripts[scene] ?? '')
  return spec
}

function linesLog(lines: string[], base: Readonly<Record<string, unknown>> = {}): Log {
  const write = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    lines.push(JSON.stringify({ message, ...base, ...fields }))
  }
  return {
    with: (fields) => linesLog(lines, { ...base, ...fields }),
    debug: write,
    info: write,
    warn: write,
    error: write,
  }
}

/** Every file below the folder that tells the text, the guest's own folders left out; paths relative to it. */
export async function filesTelling(folder: string, text: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const shown = path.slice(folder.length + 1)
    if (!entry.isFile() || /(^|\/)(repo|share)\//.test(shown)) continue
    const content = await contentOf(path)
    // A file that went has taken the place of another, whose content may have been looked at before.
    if (content === undefined) return await filesTelling(folder, text)
    if (content.includes(text)) found.push(shown)
  }
  return found
}

/** Undefined for a file that is gone; nothing of a disk image, which is the guest's. */
async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return (await stat(path)).size > 512 * 1024 ** 2 ? Buffer.alloc(0) : await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
