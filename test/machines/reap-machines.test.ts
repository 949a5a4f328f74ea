import { randomBytes } from 'node:crypto'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { findDetached } from '../../main/lib/processes/find-processes.ts'
import { isAlive, startTimeOf } from '../../main/lib/processes/process-identity.ts'
import { startDetached } from '../../main/lib/processes/start-detached.ts'
import { reapMachines } from '../../main/machines/reap-machines.ts'
import { recordPath } from '../../main/machines/record.ts'
import { openRunRoot } from '../../main/machines/run-root.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** A run directory whose only process sleeps, with a child, and names it in an argument. */
async function leftover(owner: string) {
  const name = `test-${randomBytes(4).toString('hex')}`
  const path = join(await openRunRoot(), name)
  await mkdir(join(path, 'io'), { recursive: true, mode: 0o711 })
  await writeFile(recordPath(path), JSON.stringify({ owner, consolePath: '/dev/null' }))
  const { pid } = await startDetached('bash', ['-c', 'sleep 600 & wait', 'machine', join(path, 'io', 'qmp.sock')], {})
  const process_ = { pid, startTime: (await startTimeOf(pid)) ?? '' }
  onTestFinished(async () => {
    if (await isAlive(process_)) process.kill(-pid, 'SIGKILL')
    await rm(path, { recursive: true, force: true })
  })
  return { name, path, process: process_ }
}

test('a machine that nobody keeps is ended with its children and its folder; kept ones and those of another home live on', async () => {
  const home = await temporaryFolder()
  const lost = await leftover(home)
  const kept = await leftover(home)
  const foreign = await leftover(await temporaryFolder())
  await until(async () => (await findDetached(`${lost.path}/`)).some(({ name }) => name === 'sleep'))
  const signal = AbortSignal.timeout(20_000)
  const reaped = await reapMachines(home, (name) => name === kept.name, silentLog, signal)
  expect(reaped.map(({ machine, name }) => ({ machine, name }))).toEqual([
    { machine: lost.name, name: 'bash' },
    { machine: lost.name, name: 'sleep' },
  ])
  expect(await isAlive(lost.process)).toBe(false)
  await expect(access(lost.path)).rejects.toThrow('ENOENT')
  for (const { process, path } of [kept, foreign]) {
    expect(await isAlive(process)).toBe(true)
    await access(path)
  }
})

test.runIf(process.getuid?.() === 0)(
  'a process of another user that names the folder of a machine lives on, and the machine is ended all the same',
  async () => {
    const home = await temporaryFolder()
    const lost = await leftover(home)
    const text = join(lost.path, 'io', 'qmp.sock')
    const { pid } = await startDetached('setpriv', [
      ...['--reuid=65534', '--regid=65534', '--clear-groups', 'bash', '-c', 'sleep 600 & wait', 'reader', text],
    ])
    const stranger = { pid, startTime: (await startTimeOf(pid)) ?? '' }
    onTestFinished(async () => {
      if (await isAlive(stranger)) process.kill(-pid, 'SIGKILL')
    })
    await until(async () => (await findDetached(`${lost.path}/`)).filter(({ name }) => name === 'sleep').length === 2)
    const reaped = await reapMachines(home, () => false, silentLog, AbortSignal.timeout(20_000))
    expect(reaped.map(({ name }) => name)).toEqual(['bash', 'sleep'])
    expect(await isAlive(stranger)).toBe(true)
    await expect(access(lost.path)).rejects.toThrow('ENOENT')
  },
)
