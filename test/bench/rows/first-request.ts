import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseTaskId, type TaskId } from '../../../main/core/task/task.ts'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { cacheDirectory, tasksDirectory } from '../../../main/lib/files/paths.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { createDriver } from '../../../main/machines/drivers.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { SettingsStore } from '../../../main/settings/settings-store.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { writeCheckShare } from '../../../main/tasks/run/write-share.ts'
import { provisionsOf } from '../../../main/tasks/slots/provisions-of.ts'
import { startScriptedApi } from '../../support/claude/scripted-api.ts'
import { say as answer } from '../../support/claude/scripted-turn.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import type { Bench, BenchContext } from '../measure.ts'
import { startTaskServer, until } from '../task-server.ts'
import { lineOn, specIn } from './boot.ts'

export const firstRequest: Bench = {
  name: 'first-request',
  about: "run_task to the agent's first API request, cold and in a machine in which the agent was loaded ahead",
  async measure(context) {
    const { quick, signal, stack } = context
    const image = await prepareHost(context.say, signal)
    const asked = { at: 0 }
    const script = () => {
      asked.at = Date.now()
      return answer('Done.')
    }
    const api = stack.use(await startScriptedApi({ scripts: { bench: script } }))
    const driver = createDriver({
      image: () => Promise.resolve(image),
      cacheDirectory: cacheDirectory(),
      log: silentLog,
    })
    const bare = await bareSide(context, api.url, driver, asked)
    const cold = await taskSide(context, { name: 'cold', warmMachines: 0, apiUrl: api.url, asked })
    const ahead = await taskSide(context, { name: 'ahead', warmMachines: 1, apiUrl: api.url, asked })
    const sides = { bare: [] as number[], cold: [] as number[], warm: [] as number[] }
    const waits: number[] = []
    for (let round = 0; round <= (quick ? 1 : 3); round++) {
      context.say(round === 0 ? 'a first round, which formats disks and is thrown away' : `round ${round}`)
      // The machine for the next task is booted and loaded as one ends, on the processors that the others are measured on.
      await ahead.untilItWaits()
      const ms = { bare: await bare(), cold: await cold.run(), warm: await ahead.run() }
      if (round === 0) continue
      sides.bare.push(ms.bare)
      sides.cold.push(ms.cold)
      sides.warm.push(ms.warm)
      waits.push(ahead.waitPercent())
    }
    return [
      {
        what: "run_task to the agent's first API request, cold",
        unit: 'ms',
        ours: sides.cold,
        against: { what: 'boot of its machine, and Claude Code alone', values: sides.bare },
        goal: { kind: 'ratio', atMost: 1.3 },
        notes: [
          'Beside ours: the same image, processors, disks, gateway, variables and arguments, with no call, clone, share or development shell.',
          'No other machine is at work meanwhile: one that is booted and loaded for the next task takes half as long again from whatever is beside it.',
        ],
        unreached:
          'What is over the other side is `nix develop` in a small flake, 2.7 s and more on an emulated processor, and 0.6 s of programs that the runner starts before it; call and clone take 0.1 s, and Claude Code as long as alone.',
      },
      {
        what: 'the same where a machine waits',
        ...{ unit: 'ms', ours: sides.warm, against: { what: 'cold', values: sides.cold } },
        goal: { kind: 'ratio', atMost: 0.25 },
        notes: ['Its agent was loaded ahead, and told its task when that came.'],
        unreached:
          'Claude Code takes 3 s of it, from its first line to its request; up to that line it is 0.6 to 0.9 s. A turn before the task would be in its session; `initialize` of its control protocol saves nothing.',
      },
      {
        what: 'a machine that waits with its agent loaded, of one core',
        ...{ unit: '%', ours: waits, against: null, goal: { kind: 'limit', atMost: 5 } },
        notes: ['All of its processes on the host, over ten seconds.'],
      },
    ]
  },
}

interface Side {
  readonly name: string
  readonly warmMachines: number
  readonly apiUrl: string
  readonly asked: { at: number }
}

/**
 * What it answers runs Claude Code alone in a machine, and answers in milliseconds what it took to boot that up to the runner's first line, and from the start
 * of Claude Code to its first request. The runner starts it as it starts the check of a repository; the copy that it makes for one is not counted.
 */
async function bareSide(
  context: BenchContext,
  apiUrl: string,
  driver: ReturnType<typeof createDriver>,
  asked: { at: number },
): Promise<() => Promise<number>> {
  const { folder, signal } = context
  const [home, repoPath] = [join(folder, 'bare'), join(folder, 'bare-project')]
  await makeRepository(repoPath)
  await mkdir(home, { mode: 0o700 })
  await registerRepository(home, { path: repoPath })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed' }))
  const env = { ANTHROPIC_BASE_URL: apiUrl, ANTHROPIC_API_KEY: 'sk-ant-api-bench' }
  const settings = SettingsStore.open(home, silentLog)
  const { variables, key, gateway } = await provisionsOf({ home, settings, env, machines: driver, repoPath })
  if (!gateway) throw new Error('The API is asked through a gateway')
  let count = 1000
  return async () => {
    count += 1
    const spec = await specIn(context, driver, count)
    const [share, repo] = spec.shares.map(({ directory }) => directory)
    if (share === undefined || repo === undefined) throw new Error('A machine has two shares')
    const { startCommit } = await cloneWorkspace({ repoPath, workspace: repo, taskId: 'bench' }, signal)
    await writeCheckShare({ share }, { variables: bareVariables(variables, key), environmentFiles: null }, startCommit)
    await driver.prepareOwnership([share, repo], signal)
    asked.at = 0
    const start = Date.now()
    const logPath = join(folder, `bare-network-${count}.jsonl`)
    const network = { ...spec.network, gateway: { config: gateway, logPath } }
    const starting = driver.start({ ...spec, network }, signal)
    try {
      const ended = starting.then(async ({ exited }) => {
        throw new Error(`The machine ended before Claude Code asked: ${JSON.stringify(await exited)}`)
      })
      const { seenAt } = await Promise.race([lineOn(spec.consolePath, signal), ended])
      await Promise.race([until(() => asked.at > 0, signal), ended])
      const { mtimeMs } = await stat(join(share, 'claude-starts'))
      return seenAt - start + asked.at - mtimeMs
    } finally {
      const machine = await starting
      // Its disks are to be whole for the next one.
      await Promise.race([machine.exited, sleep(30_000)])
      await machine.powerOff(AbortSignal.abort())
    }
  }
}

const firstLine = JSON.stringify({ type: 'user', message: { role: 'user', content: 'Nothing. [script: bench]' } })

const bareVariables = (
  variables: Readonly<Record<string, string>>,
  key: { readonly variable: string; readonly value: string },
) => ({
  ...variables,
  [key.variable]: key.value,
  MICROVM_NETWORK: 'closed',
  MICROVM_ENVIRONMENT: 'plain',
  MICROVM_CHECK_ONLY: 'yes',
  MICROVM_CHECK: `: >/workspace/claude-starts
    exec claude --dangerously-skip-permissions --input-format stream-json --output-format stream-json --verbose -p <<<'${firstLine}'`,
})

/** A server of its own with a small repository; `run` runs a task until its machine is off, and answers when its agent asked first. */
async function taskSide(context: BenchContext, { name, warmMachines, apiUrl, asked }: Side) {
  const { signal } = context
  const { home, run, phaseOf } = await startTaskServer(context, { name, settings: { warmMachines }, apiUrl })
  const done: TaskId[] = []
  let percent = 0
  const untilItWaits = async (): Promise<void> => {
    if (done.length > 0) percent = await untilLoaded(home, done, signal)
  }
  const toRequest = async (): Promise<number> => {
    asked.at = 0
    const start = Date.now()
    const id = await run('Nothing. [script: bench]')
    done.push(id)
    await until(() => asked.at > 0, signal)
    const { at } = asked
    await until(async () => (await phaseOf(id)) === 'finished', signal, { pauseMs: 100 })
    await until(async () => (await processesOf(id)).length === 0, signal, { pauseMs: 100 })
    return at - start
  }
  return { run: toRequest, untilItWaits, waitPercent: () => percent }
}

/** Waits until the machine that waits has loaded its agent and has nothing more to do; answers what it takes of a core then. */
async function untilLoaded(home: string, done: readonly TaskId[], signal: AbortSignal): Promise<number> {
  const ahead = async () => {
    const names = await readdir(tasksDirectory(home))
    return names.flatMap((name) => parseTaskId(name) ?? []).find((id) => !done.includes(id))
  }
  await until(async () => {
    const id = await ahead()
    const console = id && (await readFile(taskFiles(home, id).console, 'utf8').catch(() => ''))
    return console?.includes('loading Claude Code ahead') === true
  }, signal)
  const id = await ahead()
  const percentOver = async (seconds: number) => {
    const before = await processorSeconds(id ?? '')
    await sleep(seconds * 1000, undefined, { signal })
    return (((await processorSeconds(id ?? '')) - before) * 100) / seconds
  }
  await until(async () => (await percentOver(6)) < 10, signal)
  return await percentOver(10)
}

/** All of the host that have the name in their arguments. */
async function processesOf(name: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((pid) => /^\d+$/.test(pid))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => lines[index]?.includes(name))
}

/** Of all these processes. */
async function processorSeconds(name: string): Promise<number> {
  const ticksPerSecond = Number((await runOrThrow('getconf', ['CLK_TCK'])).stdout)
  const ticks = await Promise.all(
    (await processesOf(name)).map(async (pid) => {
      const times = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const fields = times.split(') ').at(-1)?.split(' ') ?? []
      return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
    }),
  )
  return ticks.reduce((sum, each) => sum + each, 0) / ticksPerSecond
}
