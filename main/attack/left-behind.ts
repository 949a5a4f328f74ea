import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MachineHandle } from '../core/task/task.ts'
import { allocatedBytes } from '../lib/files/allocated-bytes.ts'
import { pathExists } from '../lib/files/look.ts'
import { removeTree } from '../lib/files/remove-tree.ts'
import type { Log } from '../lib/log.ts'
import { runOrThrow } from '../lib/processes/spawn.ts'
import { finishTask } from '../tasks/finish/finish-task.ts'
import { clearShare } from '../tasks/run/clear-share.ts'
import { removeKey } from '../tasks/run/take-key.ts'
import { writeShare } from '../tasks/run/write-share.ts'
import { acceptHeld, publishingRules } from './accept-held.ts'
import { type Fixture, type Verdict, verdict } from './attack.ts'
import { damageOf } from './damage.ts'
import { assignmentWith, type Bait, type Prepared, restore, victimIsWhole } from './fixtures.ts'
import { speakToGuest } from './speak-to-guest.ts'

/** Puts share and clone of the task where the guest will find them; `takeBack` undoes it. Renames change nothing of what is in them. */
export async function handOver({ record, inGuest }: Prepared): Promise<void> {
  await mkdir(dirname(inGuest.share), { recursive: true })
  await rename(record.files.share, inGuest.share)
  await rename(record.files.repo, inGuest.repo)
}

async function takeBack({ record, inGuest }: Prepared): Promise<void> {
  await rename(inGuest.share, record.files.share)
  await rename(inGuest.repo, record.files.repo)
}

/** First a naive host on a copy, then the real one, as when a task's machine has ended. */
export async function judgeAttack(
  prepared: Prepared,
  machine: MachineHandle,
  { key }: Pick<Bait, 'key'>,
  log: Log,
): Promise<Verdict> {
  const { attack, record, outside } = prepared
  await takeBack(prepared)
  const proof = await tryNaively(prepared)
  await rm(outside.marker, { force: true })
  await restore(outside)

  await record.add({ type: 'machine-started', machine })
  await record.add({ type: 'agent-started' })
  const note = await removeKey(record.files.share)
  if (note !== null) await record.add({ type: 'noted', note })
  const spoken = attack.listens ? await speakToGuest(record, key, log) : []
  await record.add({ type: 'machine-exited', exit: { kind: 'powered-off' } })
  const broken: string[] = [...spoken]
  try {
    await finishTask(publishingRules, record, key, log)
    await allocatedBytes(record.files.folder)
  } catch (error) {
    broken.push(`the host fell over it: ${String(error).slice(0, 200)}`)
  }
  await record[Symbol.asyncDispose]()
  broken.push(...(await damageOf(prepared, key)))
  if (typeof attack.ends === 'object') broken.push(...(await acceptHeld(prepared, attack.ends, key)))
  await giveAgain(prepared, key).catch((error: unknown) => {
    broken.push(`its share cannot be given to another guest: ${String(error).slice(0, 200)}`)
  })
  if (!(await victimIsWhole(outside))) broken.push('giving its share to another guest changed a folder of the host')
  try {
    await removeTree(record.files.folder)
  } catch (error) {
    broken.push(`its folder cannot be deleted: ${(error as Error).message.slice(0, 200)}`)
  }
  if (await pathExists(outside.marker)) broken.push('its deletion ran a program of the guest')
  if (!(await victimIsWhole(outside))) broken.push('its deletion changed a folder of the host')
  return verdict(attack, broken, proof, proof === null ? 'the naive host came to no harm' : undefined)
}

/** As a task that was parked goes on: with the share and the clone that its last guest left. */
async function giveAgain({ record }: Prepared, key: string): Promise<void> {
  await clearShare(record.files.share)
  await writeShare(record.files, record.task, assignmentWith(key))
  const given = await readFile(join(record.files.share, '.api-key'), 'utf8')
  if (given !== key) throw new Error('its key is not where the next guest looks for it')
}

/** The harm that a naive host came to, or null. */
async function tryNaively({ attack, record, project, outside }: Prepared): Promise<string | null> {
  const receiver = `${outside.marker}.receiver`
  await cp(project, receiver, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('/.microvm'),
  })
  const folder = join(receiver, 'tasks', 'copy')
  await mkdir(folder, { recursive: true })
  const fixture = attack.inPlace
    ? { ...outside, share: record.files.share, repo: record.files.repo }
    : await copyTo(folder)
  const harms = [...(await attack.naive(fixture))]
  if (await pathExists(outside.marker)) harms.push('ran a program of the guest')
  if (!(await victimIsWhole(outside))) harms.push('changed a folder of the host')
  await removeTree(receiver)
  return harms[0] ?? null

  async function copyTo(place: string): Promise<Fixture> {
    // Owned by us, or git would refuse to look at it.
    const { share, repo } = record.files
    await runOrThrow('cp', ['-R', '--no-dereference', '--preserve=mode,links', share, repo, place])
    return { ...outside, share: join(place, 'share'), repo: join(place, 'repo') }
  }
}
