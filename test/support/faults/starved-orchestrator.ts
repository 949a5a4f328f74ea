import { closeSync, openSync, writeFileSync } from 'node:fs'
import { appendFile, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { taskView } from '../../../main/core/task/view.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { findDetached } from '../../../main/lib/processes/find-processes.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { gitIn, subjectsOf } from '../git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../orchestrator.ts'
import { recordingLog } from '../recording-log.ts'
import { until } from '../until.ts'

/**
 * Runs one task on a host that runs out of something while its guest works, and has it again later; prints what became of the task.
 * To be started where it may mount what it likes: the folder is a small file system of its own.
 */
const [root = '', want = '', relief = ''] = process.argv.slice(2)
const ballast = join(root, 'ballast')
const gitFolder = join(root, 'project', '.git')
const held: number[] = []
let taking: NodeJS.Timeout | undefined

function takeDescriptors(): void {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
  }
}

/** Takes the disk down to the last byte, so that not even a line fits; then gives so many bytes back. */
async function fillDisk(leave = 0): Promise<void> {
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (;;) await appendFile(ballast, Buffer.alloc(size))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  await truncate(ballast, (await stat(ballast)).size - leave)
}

/** What the guest leaves uncommitted, which does not fit where there is room for all else. */
const leftFile = 6 * 1024 ** 2

const shortages: Readonly<Record<string, { begin(): Promise<unknown>; end(): Promise<unknown> }>> = {
  'disk space': {
    begin: () => fillDisk(),
    end: () => rm(ballast),
  },
  'disk space for files that are not committed': {
    begin: () => fillDisk(leftFile / 2),
    end: () => rm(ballast),
  },
  descriptors: {
    begin: async () => {
      takeDescriptors()
      // Those that were in use just now are free a moment later.
      taking ??= setInterval(takeDescriptors, 1)
    },
    end: async () => {
      clearInterval(taking)
      for (const descriptor of held.splice(0)) closeSync(descriptor)
    },
  },
  // Every program is started before: one that holds a file open for writing would keep it writable.
  'a writable repository': {
    begin: async () => {
      await runOrThrow('mount', ['--bind', gitFolder, gitFolder])
      await runOrThrow('mount', ['-o', 'remount,bind,ro', gitFolder])
    },
    end: () => runOrThrow('umount', [gitFolder]),
  },
}

const shortage = shortages[want]
if (!shortage) throw new Error(`Nothing is called ${want}`)
const repo = await registeredRepository(root)
const { log, lines } = recordingLog()
const leaves = want.endsWith('not committed') ? `head -c ${leftFile} /dev/urandom > left.bin` : ''
const guest = `${guestThatCommits('greeting.txt')}\n${leaves}\ntouch $HOME/../ready\nuntil [ -e $HOME/../go ]; do sleep 0.05; done`
const first = await startOrchestrator({ root, guest, log })
const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
await until(async () => (await first.orchestrator.get(id)).state.phase === 'working')
await until(() => pathExists(join(root, 'run', 'ready')))
await shortage.begin()
// The machine ends while there is no room to say so. An empty file takes a name, and no block.
if (want === 'descriptors') closeSync(held.pop() ?? 0)
writeFileSync(join(root, 'run', 'go'), '')
if (want === 'descriptors') await shortage.begin()
await until(() => lines.some(({ message }) => /^(there is no room: waiting for it|task finished)$/.test(message)))
const during = (await first.orchestrator.get(id)).state.phase

let last = first
if (relief === 'after a restart') {
  await first[Symbol.asyncDispose]()
  await shortage.end()
  last = await startOrchestrator({ root, guest, log })
} else await shortage.end()
const task = await untilEnded(last.orchestrator, id)
await until(() => last.orchestrator.slots().every(({ taskId }) => taskId === null))
const outcome = {
  during,
  view: taskView(task),
  subjects: await subjectsOf(repo),
  ends: last.events.read(0).map(({ taskId, type }) => ({ own: taskId === id, type })),
  refs: await gitIn(repo, ['for-each-ref', 'refs/tasks']),
  fsck: await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling']),
}
await last[Symbol.asyncDispose]()
console.log(JSON.stringify({ ...outcome, left: await findDetached(root) }))
