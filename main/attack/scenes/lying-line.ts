import { setTimeout as sleep } from 'node:timers/promises'
import { frame, helloFrames, windowBytes } from '../../machines/attach/frames.ts'
import { runDirectoryAt } from '../../machines/run-directory.ts'
import { connectSocket } from '../../machines/watch/connect-socket.ts'
import { type Verdict, verdict } from '../attack.ts'
import { livedAttacks } from '../catalog/lived-attacks.ts'
import { lies, ready } from '../scene-scripts.ts'
import type { Stage } from '../stage.ts'

const mebibyte = 1024 ** 2
const size = { rows: 24, columns: 80 }
/** How long each lie is listened to. */
const lieMs = 4_000
const openMs = 60_000
/** How long a naive host listens; it takes as much as comes. */
const naiveMs = 60_000

/** A guest in whose end of the line sits a program of its own, that keeps to no protocol; each shell that is opened meets another lie. */
export async function playLyingLine(stage: Stage): Promise<readonly Verdict[]> {
  const scene = await stage.play('lyingLine')
  await scene.console(ready)
  const { machine } = await stage.tasks.get(scene.id)
  const taken = machine ? await takeNaively(runDirectoryAt(machine.runDirectory).attachSocket) : 0

  const broken: string[] = []
  for (const lie of lies) {
    const most = await listenTo(stage, scene.id)
    if (most > 3 * windowBytes) broken.push(`${most} bytes of a shell that nobody reads were kept (${lie})`)
    await stage.client.call('list_slots', {}) // Whoever asks for something else has an answer.
  }
  await scene.go()
  const { phase } = await scene.until('finished')
  if (phase !== 'finished') broken.push('its task did not come to its end')
  return [
    verdict(
      livedAttacks.lyingLine,
      broken,
      taken > 2 * mebibyte ? `a naive host kept ${taken} bytes of a shell that nobody read` : null,
    ),
  ]
}

/** Opens a shell and reads nothing of it, whatever comes; resolves with the most that was kept of it. */
async function listenTo(stage: Stage, id: Parameters<Stage['tasks']['get']>[0]): Promise<number> {
  const opening = stage.tasks.attachments.openShell(id, size, AbortSignal.timeout(openMs))
  const shell = await opening.catch(() => undefined) // A lie about the opening itself.
  if (!shell) return 0
  shell.on('error', () => undefined)
  shell.write(Buffer.alloc(4 * mebibyte))
  let most = 0
  for (const endsAt = performance.now() + lieMs; performance.now() < endsAt && !shell.destroyed; await sleep(20))
    most = Math.max(most, shell.readableLength)
  shell.destroy()
  return most
}

/** A host that keeps what a stream sends until somebody reads it, and nobody does. */
async function takeNaively(socketPath: string): Promise<number> {
  const socket = await connectSocket(socketPath, AbortSignal.timeout(openMs))
  const { said } = helloFrames(Buffer.alloc(16, 'n'))
  socket.write(Buffer.concat([said, frame('O', 1, 'shell 24 80')]))
  let taken = 0
  socket.on('data', ({ length }: Buffer) => {
    taken += length
  })
  for (const endsAt = performance.now() + naiveMs; performance.now() < endsAt && taken <= 2 * mebibyte; )
    await sleep(50)
  socket.destroy()
  return taken
}
