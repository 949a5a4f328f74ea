/**
 * `fill-disk-while-preparing.ts FOLDER`, in a process of its own: runs a task on the small disk that the folder is, and the machine that prepares its
 * environment, which takes more than may be. Prints as JSON why that has failed, and how a task after it ended.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../orchestrator.ts'
import { until } from '../until.ts'

const [, , folder = ''] = process.argv
await mkdir(join(folder, 'home'), { mode: 0o700 })
await registeredRepository(folder)
const guest = `
if grep -q /nix/var/prepared $SHARE/environment; then
  touch $SHARE/started
  head -c 50M /dev/zero > $SHARE/filler
  sleep 1000
fi
${guestThatCommits('$(cat $SHARE/task.md).txt')}`
const limits = { minFreeGiB: 50 / 1024 }
const setup = await startOrchestrator({ root: folder, guest, limits, prepareEnvironments: true })
const runOne = async (description: string) => {
  const { state } = await untilEnded(setup.orchestrator, await setup.orchestrator.run({ description, repo: 'project' }))
  return state.phase === 'finished' ? state.outcome.kind : state.phase
}
await runOne('first')
const prepared = join(folder, 'home/prepared')
const failures = async () =>
  (await readdir(prepared, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.failed'))
await until(async () => (await failures()).length > 0)
const told = await readFile(join(prepared, (await failures())[0] ?? ''), 'utf8')
await until(async () => !(await readdir(prepared, { recursive: true })).some((name) => name.endsWith('/work')))
const next = await runOne('second')
await setup[Symbol.asyncDispose]()
process.stdout.write(JSON.stringify({ told, next }))
