import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endAll, findDetached, listByPs } from '../../../main/lib/processes/find-processes.ts'
import { startTimeByPs } from '../../../main/lib/processes/process-identity.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { until } from '../../support/until.ts'

const lists = process.platform === 'linux' ? [undefined, listByPs] : [undefined]

test.each(lists)(
  'a detached process is found with its child by what its arguments name, one of our own session never (%o)',
  async (list) => {
    const mark = randomBytes(8).toString('hex')
    const script = `sleep 600 & echo ${mark}; wait`
    const { pid } = await startDetached('bash', ['-c', script])
    onTestFinished(() => {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch {
        // Ended by the test.
      }
    })
    const attached = spawn('bash', ['-c', 'echo ready; read line', mark])
    onTestFinished(() => void attached.kill('SIGKILL'))
    await once(attached.stdout, 'data')
    await until(async () => (await findDetached(mark, list)).some(({ name }) => name === 'sleep'))
    const found = await findDetached(mark, list)
    expect(found.map(({ name, leadsGroup }) => [name, leadsGroup])).toEqual([
      ['bash', true],
      ['sleep', false],
    ])
    expect(found[0]?.pid).toBe(pid)
    if (list) for (const one of found) expect(one.startTime).toBe(await startTimeByPs(one.pid))
    else await endAll(found, AbortSignal.timeout(20_000))
  },
)

const search = join(import.meta.dirname, '../../support/faults/find-own-session.ts')
const newPids = ['--pid', '--fork', '--mount-proc', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])]
const beginSession = {
  // As `nohup` leaves a program behind whose shell has ended.
  'is gone': ['setsid', '--fork', 'bash', '-c', '"$0" "$1" "$$" mark &'],
  // As a program that a container runs from outside; no pid is as high.
  'is outside the pid namespace': ['unshare', ...newPids, 'bash', '-c', '"$0" "$1" 99999999 mark; exit'],
}

test.runIf(process.platform === 'linux').each(Object.entries(beginSession))(
  'a process does not find itself when the leader of its session %s',
  async (_, [program = '', ...args]) => {
    const { stdout, stderr } = await run(program, [...args, process.execPath, search])
    expect(stdout.trim(), stderr).toBe('[[],[]]')
  },
)

test.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'a process that this user may not end keeps nobody waiting and lives on',
  async () => {
    const mark = randomBytes(8).toString('hex')
    const { pid } = await startDetached('bash', ['-c', `echo ${mark}; sleep 600; echo`])
    onTestFinished(() => void process.kill(-pid, 'SIGKILL'))
    const asOther = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath]
    const { stdout, stderr } = await run('setpriv', [...asOther, join(search, '../end-foreign.ts'), mark])
    expect(Number(stdout), stderr).toBeGreaterThan(0)
    process.kill(pid, 0)
  },
)
