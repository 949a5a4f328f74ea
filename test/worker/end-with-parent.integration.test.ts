import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

const module = join(import.meta.dirname, '../../main/worker/end-with-parent.ts')
/** A process that never comes back to its event loop, as one that parses what a guest made for it. */
const busy = (watched: boolean): string =>
  watched
    ? `import { endWithParent } from '${module}'; endWithParent(100); setTimeout(() => { for (;;) {} }, 500)`
    : 'for (;;) {}'

/** Starts a parent that starts the busy process, and kills the parent. @returns whether the child has ended by itself. */
async function outlives(watched: boolean, waitMs: number): Promise<boolean> {
  const start = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(busy(watched))}], { detached: true, stdio: 'ignore' })
    console.log(child.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['-e', start], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
  const pid = Number(line)
  onTestFinished(() => {
    if (lives(pid)) process.kill(-pid, 'SIGKILL')
  })
  await sleep(1_500)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  for (let waited = 0; waited < waitMs && lives(pid); waited += 100) await sleep(100)
  return lives(pid)
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a process that spins when its parent dies lives on', async () => {
  expect(await outlives(false, 3_000)).toBe(true)
})

test('watched, it ends although it spins', async () => {
  expect(await outlives(true, 50_000)).toBe(false)
})
