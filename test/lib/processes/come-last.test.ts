import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { comeLast } from '../../../main/lib/processes/come-last.ts'

test.runIf(process.platform === 'linux')(
  'every thread of a process gives way, and one that is gone is no error',
  async () => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => 0, 1000)'], { detached: true })
    const pid = child.pid ?? 0
    const ended = new Promise((resolve) => child.once('exit', resolve))
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve))
      const threads = readdirSync(`/proc/${pid}/task`).map(Number)
      expect(threads.length).toBeGreaterThan(1)
      const before = getPriority(pid)
      comeLast(pid)
      expect(threads.map((thread) => getPriority(thread))).toEqual(threads.map(() => Math.min(19, before + 10)))
      const group = `/proc/${pid}/autogroup` // Not every kernel has it.
      if (existsSync(group)) expect(readFileSync(group, 'utf8')).toMatch(/ nice 10$/m)
    } finally {
      child.kill('SIGKILL')
      await ended
    }
    comeLast(pid)
  },
)
