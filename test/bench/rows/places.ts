import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TaskId } from '../../../main/core/task/task.ts'
import { createFleet } from '../../../main/fleet/fleet.ts'
import { endAll, findDetached } from '../../../main/lib/processes/find-processes.ts'
import { addPlace } from '../../../main/settings/places.ts'
import buildWorker from '../../support/build-worker.ts'
import { processProgram } from '../../support/fleet/process-program.ts'
import { startSlurmLab } from '../../support/fleet/slurm-lab.ts'
import { startSshd } from '../../support/fleet/sshd.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { type Bench, timed } from '../measure.ts'

/** What a repository's first task takes to its place, which no compression makes smaller. */
const historyBytes = 4 * 1024 ** 2

export const places: Bench = {
  name: 'places',
  about: 'a task by ssh and by Slurm, both of this host, beside one here, with processes in place of machines',
  async measure({ folder, quick, stack, say }) {
    const repo = await registeredRepository(folder)
    await writeFile(join(repo, 'large.bin'), randomBytes(historyBytes))
    await gitIn(repo, ['add', '-A'])
    await gitIn(repo, ['commit', '-qm', 'A large file'])
    const guest = guestThatCommits('greeting.txt')
    say('building the program of a place, and starting sshd and Slurm')
    await buildWorker()
    const program = await processProgram()
    const sshd = stack.use(await startSshd(folder))
    const lab = stack.use(await startSlurmLab(folder))
    const desk = join(folder, 'node')
    await mkdir(desk, { mode: 0o700 })
    for (const node of [desk, lab.scratchOf('n1'), lab.scratchOf('n2')]) await writeFile(join(node, 'guest.sh'), guest)
    stack.defer(async () => endAll(await findDetached(desk), AbortSignal.timeout(20_000)))
    const { host, options } = sshd
    const home = join(folder, 'home')
    await addPlace(home, { name: 'desk', kind: 'ssh', host, options, command: [process.execPath, program, desk] })
    await addPlace(home, {
      ...{ name: 'cluster', kind: 'slurm', login: null, job: {} },
      command: [process.execPath, program, lab.scratch],
    })
    const { orchestrator } = stack.use(await startOrchestrator({ root: folder, guest, places: createFleet }))
    let number = 0
    const run = async (place: string): Promise<{ readonly wallMs: number; readonly helloMs: number }> => {
      number += 1
      let id: TaskId | undefined
      const wallMs = await timed(async () => {
        id = await orchestrator.run({ description: `Greet ${number}`, repo: 'project', place })
        await untilEnded(orchestrator, id)
      })
      const { state } = await orchestrator.get(id as TaskId)
      if (state.phase !== 'finished' || state.outcome.kind !== 'merged')
        throw new Error(`The task at ${place} was not merged: ${JSON.stringify(state)}`)
      return { wallMs, helloMs: place === 'local' ? 0 : await helloMs(home, id as TaskId) }
    }
    const bytesOf = async (act: () => Promise<unknown>): Promise<number> => {
      const before = sshd.bytes()
      await act()
      return sshd.bytes() - before
    }

    say('the first task of the repository at each place')
    const firstBytes = await bytesOf(() => run('desk'))
    await run('cluster')
    await run('local')
    const here: number[] = []
    const bySsh: { wallMs: number; helloMs: number; bytes: number }[] = []
    const bySlurm: { wallMs: number; helloMs: number }[] = []
    for (let round = 0; round < (quick ? 2 : 8); round += 1) {
      say(`round ${round + 1}`)
      here.push((await run('local')).wallMs)
      let timed = { wallMs: 0, helloMs: 0 }
      const bytes = await bytesOf(async () => {
        timed = await run('desk')
      })
      bySsh.push({ ...timed, bytes })
      bySlurm.push(await run('cluster'))
    }
    const over = (others: readonly { readonly wallMs: number }[]) =>
      others.map(({ wallMs }, index) => wallMs - (here[index] ?? 0))
    const unreached =
      'Two programs of Node start at the place one after the other, the keeper and the attachment, and the processors of this host are busy with both ends.'
    const slurmNote =
      'Slurm starts a job within a second of its submission here, and is asked each second what became of it.'
    return [
      {
        what: 'a task by ssh, beyond one of this host',
        ...{ unit: 'ms', ours: over(bySsh), against: null, goal: { kind: 'limit', atMost: 2_000 } },
        unreached,
      },
      {
        what: 'a task by Slurm, beyond one of this host',
        ...{ unit: 'ms', ours: over(bySlurm), against: null, goal: { kind: 'limit', atMost: 5_000 } },
        unreached,
        notes: [slurmNote],
      },
      {
        what: 'from the request to the greeting of a keeper by Slurm',
        ...{ unit: 'ms', ours: bySlurm.map(({ helloMs }) => helloMs), goal: null },
        against: { what: 'by ssh', values: bySsh.map(({ helloMs }) => helloMs) },
      },
      {
        what: 'what a further task of a repository takes over ssh, in both directions',
        ...{ unit: 'bytes', ours: bySsh.map(({ bytes }) => bytes), goal: { kind: 'ratio', atMost: 0.1 } },
        against: { what: `its first one, with ${historyBytes} bytes of history`, values: [firstBytes] },
        notes: ['Three connections of ssh itself are in it. The guest is a process, and asks nothing of an API.'],
      },
    ]
  },
}

/** From when a task was asked for to when its keeper was first heard, as its record has both. */
async function helloMs(home: string, id: TaskId): Promise<number> {
  const lines = (await readFile(join(home, 'tasks', id, 'events.jsonl'), 'utf8')).trim().split('\n')
  const events = lines.map((line) => JSON.parse(line) as { readonly type: string; readonly at: string })
  const at = (type: string): number => Date.parse(events.find((event) => event.type === type)?.at ?? '')
  return at('placed') - at('created')
}
