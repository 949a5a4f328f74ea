import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathExists } from '../../lib/files/look.ts'
import { readGuestFile } from '../../lib/guest/guest-file.ts'
import { type Verdict, verdict } from '../attack.ts'
import { livedAttacks } from '../catalog/lived-attacks.ts'
import { waitsFor } from '../naive-hosts.ts'
import { processesOf } from '../processes.ts'
import { ready } from '../scene-scripts.ts'
import type { Stage } from '../stage.ts'

const streamName = 'claude-stream.jsonl'
/** As long as that the naive reader may miss the moment, and that long it takes between its look and its reading. */
const readingMs = 120_000
const betweenMs = 2
const leastReads = 5_000

/** Everything that our commands write to the user's terminal of a task: its console, and what is known of it. */
export type ShownToUser = (home: string, id: string) => Promise<string>

/** What a terminal obeys: the bell, the escape character, and single characters that begin sequences. */
const obeyed = '\x07\x1b\u009b\u0090\u009d'

/** A guest that never takes its key, swaps a file while the host reads it, and does not power off when it is asked. */
export async function playIgnoredPowerOff(
  stage: Stage,
  { secret, key }: { readonly secret: string; readonly key: string },
  shown: ShownToUser,
): Promise<readonly Verdict[]> {
  const scene = await stage.play('ignoredPowerOff')
  const { share } = scene.files
  const raw = await scene.console(ready)
  const { phase } = await scene.until('working')
  const lying = await readFile(join(share, '.api-key'), 'utf8').catch(() => '')
  const waits = await waitsFor('share', 'started')({ share, repo: share })
  const swaps = await readWhileSwapped(share, secret)
  await stage.client.call('cancel_task', { task_id: scene.id })
  const view = await scene.until('finished')
  const asked = await pathExists(join(share, 'asked'))
  const left = await processesOf(scene.id)
  const text = await shown(stage.home, scene.id)
  const stream = await readFile(scene.files.stream, 'utf8').catch(() => '')

  return [
    verdict(
      livedAttacks.keyNotTaken,
      (await pathExists(join(share, '.api-key'))) ? ['the key is still in the share'] : [],
      lying === key ? 'the key lay in the share while the guest ran' : null,
    ),
    verdict(
      livedAttacks.escapes,
      [
        ...([...obeyed].some((character) => text.includes(character))
          ? ['a command of ours shows them as they are']
          : []),
        ...(text.includes(ready) ? [] : ['what the guest said is not shown']),
      ],
      raw.includes('\x1b]52;c;') ? 'the console as it is writes to the clipboard' : null,
    ),
    verdict(
      livedAttacks.startedFifo,
      phase === 'working' ? [] : [`the host did not see that it started: ${phase}`],
      waits[0] ?? null,
    ),
    verdict(
      livedAttacks.swaps,
      [
        ...(swaps.safely ? ['the checked reading let it through'] : []),
        ...(stream.includes(secret) ? ['the kept stream tells a secret of the host'] : []),
        ...(stage.logged().includes(secret) ? ['the log tells a secret of the host'] : []),
      ],
      swaps.naively ? 'read a file of the host that it had found to be none' : null,
    ),
    verdict(
      livedAttacks.ignoredPowerOff,
      [
        ...(view.error === null && view.status === 'completed' ? ['the task was not stopped'] : []),
        ...left.map(({ pid }) => `process ${pid} of it still runs`),
      ],
      asked ? 'it heard and stayed, so a host that only asks still waits' : null,
    ),
  ]
}

/** Reads the file naively, after a look, until that has read what it should not; and as the host does, as often and some more. */
async function readWhileSwapped(share: string, secret: string): Promise<{ naively: boolean; safely: boolean }> {
  let [safely, naively] = [false, false]
  const path = join(share, streamName)
  const deadline = performance.now() + readingMs
  for (let count = 0; !(naively && count >= leastReads) && performance.now() < deadline; count++) {
    const read = await readGuestFile(share, streamName, 1024 ** 2)
    safely ||= read.kind === 'read' && read.bytes.includes(secret)
    if (naively) continue
    const isFile = await lstat(path).then(
      (stats) => stats.isFile(),
      () => false,
    )
    if (!isFile) continue
    await sleep(betweenMs)
    naively = (await readFile(path, 'utf8').catch(() => '')).includes(secret)
  }
  return { naively, safely }
}
