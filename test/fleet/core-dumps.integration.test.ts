import { spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endAll, findDetached } from '../../main/lib/processes/find-processes.ts'
import { processProgram } from '../support/fleet/process-program.ts'
import { temporaryFolder } from '../support/temporary.ts'

const soon = { timeout: 30_000 }
const seat = '0123456789abcdef-0a0a0a0a'

/** Soft and hard, as the kernel has them. */
const coreLimits = async (pid: number) =>
  /^Max core file size\s+(\S+)\s+(\S+)/m.exec(await readFile(`/proc/${pid}/limits`, 'utf8'))?.slice(1)

test.each(['start', 'keep', 'job'])(
  'what has a key in its memory leaves no core, whatever its host allows: %s',
  async (verb) => {
    const root = join(await temporaryFolder(), 'node')
    await mkdir(root, { mode: 0o700 })
    const program = await processProgram()
    const started = (...words: string[]) => {
      const child = spawn('prlimit', ['--core=unlimited', process.execPath, program, root, ...words])
      onTestFinished(() => void child.kill('SIGKILL'))
      return child.pid ?? 0
    }
    onTestFinished(async () => endAll(await findDetached(root), AbortSignal.timeout(20_000)))
    const first = started(verb, seat)
    const keeper = async () =>
      JSON.parse(await readFile(join(root, 'seats', seat, 'keeper.json'), 'utf8').catch(() => '{}'))
    await expect.poll(keeper, soon).toMatchObject({ pid: expect.any(Number) })
    const { pid } = await keeper()
    const attached = started('attach', seat)
    for (const each of [pid, attached, ...(verb === 'start' ? [] : [first])])
      await expect.poll(() => coreLimits(each), soon).toEqual(['1', '1'])
  },
)
