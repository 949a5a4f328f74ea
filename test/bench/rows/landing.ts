import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Landing } from '../../../main/core/landing/landing.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { guestThatChecks } from '../../support/machines/checking-guest.ts'
import { startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { type Bench, type BenchContext, timed } from '../measure.ts'

/** How long a check does nothing: as one that waits for a disk, a network or a compiler of another machine would. */
const checkSeconds = 3

export const landing: Bench = {
  name: 'landing',
  about: 'a hundred tasks in one repository with a check, landing in a train, against landing one after the other',
  async measure(context) {
    const tasks = context.quick ? 20 : 100
    context.say(`${tasks} tasks, landing in a train`)
    const train = await landAll(context, 'train', tasks)
    context.say(`${tasks} tasks, landing one after the other`)
    const direct = await landAll(context, 'direct', tasks)
    const told = (side: Sums) =>
      `${side.landed} of ${tasks} landed, ${side.conflicts} collided, ${side.red} were put out; ${side.checks} checks ran beside the ${tasks} of the agents' own machines`
    return [
      {
        what: `${tasks} tasks in one repository, from the first call to the last end`,
        unit: 'ms',
        ours: [train.ms],
        against: { what: 'landing one after the other', values: [direct.ms] },
        goal: { kind: 'ratio', atMost: 0.8 },
        notes: [
          `In a train ${told(train)}. One after the other ${told(direct)}.`,
          `Machines are processes of this host, ten at a time; a check takes ${checkSeconds} s of which it works for a moment.`,
        ],
      },
    ]
  },
}

interface Sums {
  readonly ms: number
  readonly landed: number
  readonly conflicts: number
  readonly red: number
  /** In machines of their own. */
  readonly checks: number
}

/**
 * Each task adds a file; every fifth changes one line that all of these change, and every tenth adds one of two files that are red together.
 */
async function landAll({ folder }: BenchContext, way: Landing, tasks: number): Promise<Sums> {
  const root = join(folder, way)
  const repository = join(root, 'project')
  const counted = join(root, 'counted')
  await mkdir(join(root, 'home'), { recursive: true, mode: 0o700 })
  await makeRepository(repository, { files: { 'shared.txt': 'one\ntwo\nthree\n' } })
  await writeFile(counted, '')
  const check = `echo "$PWD" >>'${counted}'; sleep ${checkSeconds}; ! { test -e left.part && test -e right.part; }`
  await registerRepository(join(root, 'home'), { path: repository, check, landing: way })
  await using setup = await startOrchestrator({ root, guest: guestThatChecks(), queue: true })
  const { orchestrator } = setup
  const ends: string[] = []
  const ms = await timed(async () => {
    const ids = []
    for (let index = 0; index < tasks; index += 1)
      ids.push(await orchestrator.run({ description: textOf(index), repo: 'project', queue: true }))
    for (const id of ids) {
      const { merge } = await untilEnded(orchestrator, id)
      ends.push(merge?.kind === 'unmerged' ? merge.reason : (merge?.kind ?? 'none'))
    }
  })
  const count = (end: string) => ends.filter((one) => one === end).length
  const checks = (await readFile(counted, 'utf8')).split('\n').filter((line) => line.includes('/check/')).length
  const sums = { ms, landed: count('merged'), conflicts: count('conflicts'), red: count('check_failed'), checks }
  if (sums.landed + sums.conflicts + sums.red !== tasks) throw new Error(`Some ended otherwise: ${ends.join(', ')}`)
  return sums
}

function textOf(index: number): string {
  if (index % 5 === 4) return `sed -i '2s/.*/by ${index}/' shared.txt`
  if (index % 10 === 2) return `echo ${index} >${index % 20 === 2 ? 'left' : 'right'}.part`
  return `echo ${index} >file-${index}.txt`
}
