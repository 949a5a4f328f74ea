import { onTestFinished } from 'vitest'
import { run } from '../../../main/lib/processes/spawn.ts'

/** Makes a folder that not even root can delete, until the test is over. */
export async function makeUndeletable(folder: string): Promise<() => Promise<void>> {
  const ways = [
    { make: ['chattr', '+i', folder], undo: ['chattr', '-i', folder] },
    { make: ['mount', '-t', 'tmpfs', '-o', 'size=4k', 'none', folder], undo: ['umount', folder] },
  ] as const
  for (const { make, undo } of ways) {
    const [program, ...args] = make
    if (!(await run(program, args).catch(() => ({ ok: false }))).ok) continue
    const restore = async () => {
      const [undoing, ...rest] = undo
      await run(undoing, rest)
    }
    onTestFinished(restore)
    return restore
  }
  throw new Error('Neither chattr nor mount works here: run this as root')
}
