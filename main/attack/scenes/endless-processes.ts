import { type Verdict, verdict } from '../attack.ts'
import { livedAttacks } from '../catalog/lived-attacks.ts'
import { victimIsWhole } from '../fixtures.ts'
import { processesOf } from '../processes.ts'
import { ready } from '../scene-scripts.ts'
import { type Stage, sceneMemoryBytes } from '../stage.ts'
import { deleteWhileSwapped } from './swapped-key.ts'

/** QEMU, one virtiofsd in two processes for each of two shares, and a socat for a connection or two. */
const mostProcesses = 12
/** What QEMU needs beside the guest's memory. */
const ownBytes = 512 * 1024 ** 2

/** A guest that takes all that it can have: processes first, memory then, processes without end at last. */
export async function playEndlessProcesses(stage: Stage, victim: string): Promise<readonly Verdict[]> {
  const scene = await stage.play('endlessProcesses')
  const console = await scene.console(ready)
  const before = await processesOf(scene.id)
  const deleted = await deleteWhileSwapped(scene.files.share, victim)
  const watched = await scene.view()
  await scene.go()
  await stage.client.call('cancel_task', { task_id: scene.id })
  const view = await scene.until('finished')
  const left = await processesOf(scene.id)
  await stage.client.call('cleanup_task', { task_id: scene.id, delete_ref: true })
  const isWhole = await victimIsWhole({ victim })
  const { active } = await stage.client.call('list_slots', {})

  const most = Math.max(...before.map(({ residentBytes }) => residentBytes))
  const ended = [
    ...(view.status === 'failed' ? [] : ['the task was not stopped']),
    ...left.map(({ pid }) => `process ${pid} of it still runs`),
    ...(active.some(({ task_id }) => task_id === scene.id) ? ['its slot is not free'] : []),
  ]
  const started = /red team: (\d+) processes/.exec(console)?.[1]
  const taken = [...console.matchAll(/red team: (\d+) MiB/g)].at(-1)?.[1]
  return [
    verdict(
      livedAttacks.keySwapped,
      [
        ...(deleted.safely ? ['taking the key away changed a folder of the host'] : []),
        ...(isWhole ? [] : ['the end of the task, or its deletion, changed a folder of the host']),
        ...(watched.phase === 'finished' ? ['it ended the watch over its machine'] : []),
        ...(view.notes.some((note) => note.includes('in place of its key file'))
          ? []
          : ['no note of the task tells of it']),
      ],
      deleted.naively ? 'deleted a file of the host behind a link that was a folder a moment ago' : null,
    ),
    verdict(
      livedAttacks.endlessProcesses,
      [...ended, ...(before.length > mostProcesses ? [`the host runs ${before.length} processes for it`] : [])],
      started === undefined ? null : `it started ${started} processes, each of which would be the host's`,
    ),
    verdict(
      livedAttacks.hog,
      [
        ...ended,
        ...(most > sceneMemoryBytes + ownBytes ? [`the machine takes ${most} bytes`] : []),
        ...(console.includes('memory refused') ? [] : ['the guest did not come to the end of its memory']),
      ],
      taken === undefined ? null : `it took ${taken} MiB before its own kernel refused more`,
    ),
  ]
}
