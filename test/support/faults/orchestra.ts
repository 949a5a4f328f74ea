import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { startServer } from '../../../main/app.ts'
import type { TaskView } from '../../../main/core/task/view.ts'
import type { MachineDriver } from '../../../main/machines/driver.ts'
import type { Settings } from '../../../main/settings/settings.ts'
import type { Tasks } from '../../../main/tasks/contract.ts'
import { connectToServer, type ServerConnection } from '../../../main/web/client.ts'
import { type CommandResult, runCommand } from '../command-line.ts'
import { type Files, makeRepository } from '../git/repositories.ts'
import { stopMachines } from '../machines/stop-machines.ts'
import { recordingLog } from '../recording-log.ts'
import { temporaryFolder } from '../temporary.ts'

export const scriptedKey = 'sk-ant-api-scripted-guest'

export interface OrchestraOptions {
  /** Of the scripted API; the guests reach nothing else. */
  readonly apiUrl: string
  /** Alias and files of each repository that is made and registered. */
  readonly repositories: Readonly<Record<string, Files>>
  /** Of every repository, in place of the usual one; null for none. */
  readonly flake?: string | null
  readonly settings?: Partial<Settings>
  /** What the user pays with; a limit that says when it ends is a subscription's. Default: an API key. */
  readonly key?: 'ANTHROPIC_API_KEY' | 'CLAUDE_CODE_OAUTH_TOKEN'
  /** In place of the host's own. */
  readonly driver?: MachineDriver
  /** Added to the server's environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Orchestra {
  readonly home: string
  /** Of the MCP endpoint. */
  readonly url: string
  /** Of the window, as `serve` prints it. */
  readonly pageUrl: string
  readonly client: ServerConnection
  readonly tasks: Tasks
  /** Path of the repository with that alias. */
  pathOf(alias: string): string
  command(...args: string[]): Promise<CommandResult>
  runTask(repo: string, description: string): Promise<string>
  /** Waits for the phase, or the end; the test's own time limit is the only one. */
  until(id: string, phase: TaskView['phase']): Promise<TaskView>
}

/** The whole server in this process, with a home and repositories of its own; all of it is gone when the test is over. */
export async function startOrchestra(options: OrchestraOptions): Promise<Orchestra> {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const pathOf = (alias: string) => join(folder, alias)
  const command = (...args: string[]) => runCommand(args, { home, cwd: folder })

  for (const [alias, files] of Object.entries(options.repositories)) {
    await makeRepository(pathOf(alias), { files, ...(options.flake !== undefined && { flake: options.flake }) })
    const { exitCode, stderr } = await command('allow', pathOf(alias), '--alias', alias)
    if (exitCode !== 0) throw new Error(stderr)
  }
  const settings = { egress: 'closed', memoryMiB: 2048, ...options.settings }
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))

  const { log, lines } = recordingLog()
  const server = await startServer({
    home,
    port: 0,
    log,
    env: {
      ANTHROPIC_BASE_URL: options.apiUrl,
      [options.key ?? 'ANTHROPIC_API_KEY']: scriptedKey,
      CLAUDE_CODE_MAX_RETRIES: '1',
      ...options.env,
    },
    ...(options.driver && { driver: options.driver }),
  })
  onTestFinished(async ({ task }) => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(5_000))
    if (task.result?.state === 'fail') for (const line of lines) console.error(JSON.stringify(line))
  })

  const client = await connectToServer(home)
  return {
    home,
    url: server.url,
    pageUrl: server.pageUrl,
    client,
    tasks: server.tasks,
    pathOf,
    command,
    runTask: async (repo, description) => (await client.call('run_task', { repo, description })).task_id,
    until: async (task_id, phase) => {
      for (;;) {
        const view = await client.call('get_task_info', { task_id })
        if (view.phase === phase || view.phase === 'finished') return view
        await sleep(100)
      }
    },
  }
}
