/**
 * `fill-disk-from-guest.ts FOLDER`, in a process of its own: runs a task, on the small disk that the folder is, whose guest fills that
 * disk and goes on. Prints how the task ended as JSON, and what is at its ref.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gitIn } from '../git/repositories.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../orchestrator.ts'

const [, , folder = ''] = process.argv
await mkdir(join(folder, 'home'), { mode: 0o700 })
const repo = await registeredRepository(folder)
const guest = `
rm -f $SHARE/.api-key; touch $SHARE/started
echo work > $REPO/work.txt
head -c 50M /dev/zero > $SHARE/filler
sleep 1000`
const setup = await startOrchestrator({ root: folder, guest, limits: { minFreeGiB: 60 / 1024 } })
const id = await setup.orchestrator.run({ description: 'Fill the disk', repo: 'project' })
const { state } = await untilEnded(setup.orchestrator, id)
await setup[Symbol.asyncDispose]()
const files = await gitIn(repo, ['ls-tree', '-r', '--name-only', `refs/tasks/${id}`])
process.stdout.write(JSON.stringify({ state, files: files.split('\n') }))
