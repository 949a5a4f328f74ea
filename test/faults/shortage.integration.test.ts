import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/faults/starved-orchestrator.ts')
const unshare = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])]
const mounted = 'mount -t tmpfs -o size=64m tmpfs "$1" && ulimit -n 200 && exec "$2" "$3" "$1" "$4" "$5"'

test.each([
  ['disk space', 'in time'],
  ['disk space', 'after a restart'],
  ['disk space for files that are not committed', 'in time'],
  ['disk space for files that are not committed', 'after a restart'],
  ['descriptors', 'in time'],
  ['a writable repository', 'in time'],
  ['a writable repository', 'after a restart'],
])(
  'a host that is short of %s while a machine ends, and has it again %s, loses nothing of the task',
  async (want, relief) => {
    const folder = await temporaryFolder()
    const args = [...unshare, 'sh', '-c', mounted, 'sh', folder, process.execPath, program, want, relief]
    const { problem, stdout, stderr } = await run('unshare', args)
    expect(problem, stderr).toBeNull()
    const told = JSON.parse(stdout)
    const files = want.endsWith('not committed') ? [expect.stringContaining('uncommitted')] : []
    const commits = 1 + files.length
    expect(told).toMatchObject({
      view: { status: 'completed', error: null, merge_result: { merged: true, commits }, task_ref: null },
      ends: [{ own: true, type: 'completed' }],
      subjects: [...files, 'Add greeting.txt', expect.any(String)],
      ...{ refs: '', fsck: '', left: [] },
    })
    // As long as it lasts the task is told as what is on record of it, and never as ended.
    expect(['working', 'merging']).toContain(told.during)
  },
)
