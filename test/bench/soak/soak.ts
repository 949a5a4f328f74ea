import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { slotCount } from '../../../main/core/task/task.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { availableMemoryMiB } from '../../../main/lib/processes/host-memory.ts'
import { reapMachines } from '../../../main/machines/reap-machines.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { connectToServer, type ServerConnection } from '../../../main/web/client.ts'
import { startScriptedApi } from '../../support/claude/scripted-api.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { commitFile } from '../../support/scripts.ts'
import { type Bench, type BenchContext, type Row, summarize } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'
import { soakChart } from './soak-chart.ts'
import { findWork, keepTask, leftovers, loggedTasks, restoredMachines } from './soak-evidence.ts'
import { audit, contentOf, fileOf, scriptOf, subjectOf, type Verdict } from './soak-ledger.ts'
import { Load } from './soak-load.ts'
import { type Sample, takeSamples } from './soak-samples.ts'

const minuteMs = 60_000
const mostTasks = 5_000
const output = join(import.meta.dirname, '../../output/soak')

/**
 * Ten guests of a gigabyte and a half are admitted on a host of 20 GiB. Where processors are emulated, and few, ten guests at once need
 * minutes to boot and more for a task.
 */
const settings = {
  egress: 'closed',
  memoryMiB: 1536,
  cpus: 1,
  bootTimeoutMs: 20 * minuteMs,
  taskTimeoutMs: 40 * minuteMs,
  runsPerMinute: null,
  memoryTemplates: true,
  onQuit: 'stop',
}

export const soak: Bench = {
  name: 'soak',
  about: 'ten real VMs at once for half an hour: nothing lost, nothing left, memory flat; with a chart',
  async measure(context) {
    const { quick, say, signal, pictures } = context
    await requireRoom()
    await prepareHost(say, signal)
    await rm(output, { recursive: true, force: true })
    await mkdir(output, { recursive: true })
    const { home, paths, server, client } = await startAll(context)
    const plan = { askMs: (quick ? 7 : 30) * minuteMs, drainMs: 10 * minuteMs, mostTasks, repos: [...paths.keys()] }
    say(`${slotCount} tasks at once for ${plan.askMs / minuteMs} minutes, and to the end of those that run then`)
    const load = new Load(plan, client, say)
    let well: readonly string[] = []
    context.stack.defer(() => keepEvidence(context.folder, load, well, home))
    const samples: Sample[] = []
    const over = new AbortController()
    const progress = () => ({ minutes: load.minutes, ended: load.told.length, failed: load.failed })
    await Promise.all([
      load.run(signal).finally(() => over.abort()),
      takeSamples(samples, server, client, progress, over.signal),
    ])

    say('looking for what was lost or left')
    const books = { asked: load.asked, told: load.told, logged: await loggedTasks(home) }
    const verdict = audit({ ...books, found: await findWork(load.asked, paths, home) })
    well = verdict.well
    const busy = (await client.call('list_slots', {})).active.map(({ slot, task_id }) => `slot ${slot} by ${task_id}`)
    const left = [...(await leftovers(load.asked.map(({ id }) => id))), ...busy]
    if (!(await hasEnded(server))) left.push('the server, which did not end when it was told to')
    await writeFile(join(output, 'record.json'), `${JSON.stringify({ samples, ...books, verdict, left }, null, 2)}\n`)
    if (verdict.completed === 0)
      throw new Error(`No task completed: ${[...verdict.amiss, ...verdict.failed].join('; ')}`)

    const stretches = stretchesOf(samples, load.askedUntilMinutes)
    const minutes = load.askedUntilMinutes.toFixed(0)
    const chart = soakChart({
      title: 'Ten virtual machines at once',
      subtitle: `${load.asked.length} tasks of real Claude Code, asked for over ${minutes} minutes: ${verdict.completed} completed, ${verdict.failed.length} failed, ${verdict.lost} lost, ${left.length} processes left`,
      samples,
      askedUntil: load.askedUntilMinutes,
      medians: [stretches.first, stretches.last].map((stretch) => ({
        from: stretch[0]?.minutes ?? 0,
        to: stretch.at(-1)?.minutes ?? 0,
        megabytes: summarize(stretch.map(({ serverMegabytes }) => serverMegabytes)).quoted,
      })),
    })
    await writeFile(join(pictures, 'soak.svg'), chart)
    const restored = await restoredMachines(join(context.folder, 'server.log'))
    if (restored === 0) throw new Error('No machine was restored from a template of memory')
    return rowsOf({ load, samples, stretches, verdict, left, restored })
  },
}

/** With less, tasks would wait for memory, and half an hour later it would show that it was no soak. */
async function requireRoom(): Promise<void> {
  const available = await availableMemoryMiB()
  const needed = slotCount * settings.memoryMiB
  if (available === undefined || available >= needed) return
  throw new Error(`${slotCount} guests need ${needed} MiB of memory, and this host has ${available} MiB available`)
}

/** Its disposal ends the server and every machine of its home, whatever state they are in. */
async function startAll({ folder, stack }: BenchContext) {
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))
  const paths = new Map(['ada', 'bob', 'cyd'].map((alias) => [alias, join(folder, alias)]))
  for (const [alias, path] of paths) {
    await makeRepository(path)
    await registerRepository(home, { path, alias })
  }
  const scripts = Object.fromEntries(
    Array.from({ length: mostTasks }, (_, index) => {
      const number = index + 1
      return [scriptOf(number), commitFile(fileOf(number), contentOf(number), subjectOf(number))]
    }),
  )
  const api = stack.use(await startScriptedApi({ scripts }))
  stack.defer(async () => {
    await reapMachines(home, () => false, silentLog, AbortSignal.timeout(60_000))
  })
  const server = stack.use(
    await ServerProcess.start('soak/soak-server.ts', [home, api.url], join(folder, 'server.log')),
  )
  stack.defer(async () => {
    await hasEnded(server)
  })
  const client: ServerConnection = await connectToServer(home)
  return { home, paths, server, client }
}

/** Told to end it stops its machines and keeps their work; after two minutes it has not ended. */
const hasEnded = (server: ServerProcess): Promise<boolean> =>
  Promise.race([server.end().then(() => true), sleep(2 * minuteMs, false, { ref: false })])

/** The first and the last fifth of the time in which all slots were busy and tasks were asked for. */
function stretchesOf(samples: readonly Sample[], askedUntil: number) {
  const start = samples.findIndex(({ busySlots }) => busySlots === slotCount)
  if (start < 0) throw new Error('The slots were never all busy')
  const counted = samples.slice(start).filter(({ minutes }) => minutes <= askedUntil)
  const fifth = Math.max(1, Math.floor(counted.length / 5))
  return { counted, first: counted.slice(0, fifth), last: counted.slice(-fifth) }
}

interface Outcome {
  readonly load: Load
  readonly samples: readonly Sample[]
  readonly stretches: ReturnType<typeof stretchesOf>
  readonly verdict: Verdict
  /** Processes, run folders and slots that should be gone or free. */
  readonly left: readonly string[]
  /** How many machines came from a template of memory. */
  readonly restored: number
}

function rowsOf({ load, samples, stretches, verdict, left, restored }: Outcome): readonly Row[] {
  const megabytes = (stretch: readonly Sample[]) => stretch.map(({ serverMegabytes }) => serverMegabytes)
  const guests = Math.max(...samples.map(({ guestMegabytes }) => guestMegabytes)) / 1024
  const ended = load.told.length
  return [
    {
      what: `memory of the server after ${ended} tasks in ten VMs`,
      unit: 'MB',
      ours: megabytes(stretches.last),
      against: { what: 'in its first minutes', values: megabytes(stretches.first) },
      goal: { kind: 'ratio', atMost: 1.2 },
      picture: 'soak.svg',
      notes: [
        `A sample every five seconds, the last fifth of them beside the first; ${load.askedUntilMinutes.toFixed(1)} minutes with ten guests, which held ${guests.toFixed(1)} GB at most, then ${(load.minutes - load.askedUntilMinutes).toFixed(1)} minutes to the end of the last.`,
        `Of the machines ${restored} were restored from a template of memory, the others booted: those that started while it was made.`,
      ],
    },
    {
      what: 'tasks lost, of those that were asked for',
      unit: 'tasks',
      ours: [verdict.lost],
      against: null,
      goal: { kind: 'limit', atMost: 0 },
      notes: [
        `Of ${load.asked.length} tasks ${verdict.completed} completed with their work on the branch and ${verdict.failed.length} failed, ${load.cancelled.size} of them cancelled by the benchmark when their time was over; each is to be told once.`,
        ...verdict.amiss,
        ...verdict.uncommitted,
        ...verdict.failed,
      ],
    },
    {
      what: 'processes, run folders and busy slots left',
      unit: 'processes',
      ours: [left.length],
      against: null,
      goal: { kind: 'limit', atMost: 0 },
      notes: left,
    },
    {
      what: 'busy slots meanwhile',
      unit: 'slots',
      ours: stretches.counted.map(({ busySlots }) => busySlots),
      against: null,
      goal: null,
    },
  ]
}

/** The server's log, and what is on record of each task of which there is something to say: the folder they are in is about to go. */
async function keepEvidence(folder: string, load: Load, well: readonly string[], home: string): Promise<void> {
  await copyFile(join(folder, 'server.log'), join(output, 'server.log'))
  for (const { id } of load.asked) if (!well.includes(id)) await keepTask(home, id, output)
}
