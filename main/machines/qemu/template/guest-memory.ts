import { type FileHandle, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { endProcess, startHelper } from '../../helper-process.ts'
import type { HelperUser } from '../../helper-user.ts'
import { untilReady } from '../../watch/until-ready.ts'
import { Confinement } from '../confine.ts'
import type { StartedRun } from '../started-run.ts'

/** What Linux calls the memory of `memory-backend-memfd`. */
const memoryName = '/memfd:memory-backend-memfd (deleted)'

/**
 * Memory for a guest, all zero, that has no name and is bounded by no file system; it lives for as long as somebody has it open. Node makes
 * no such thing, so it is taken from a QEMU that has no machine and ends at once.
 */
export async function allocateMemory(
  bytes: number,
  {
    started,
    user,
    qemu,
  }: { readonly started: StartedRun; readonly user: HelperUser; readonly qemu: { readonly path: string } },
  signal: AbortSignal,
): Promise<FileHandle> {
  const { run } = started
  const confinement = new Confinement(user, run.mounts('memory'))
  const process = await started.started(
    startHelper(
      'memory',
      confinement.command([qemu.path, ...memoryArguments(bytes, `${run.path}/memory`)]),
      run.log('memory'),
    ),
  )
  try {
    return await untilReady(process, run, () => openMemory(process.handle.pid, bytes), signal)
  } finally {
    await endProcess(process.handle)
  }
}

/** @param name by which whoever ends what was left of a machine finds the process. */
const memoryArguments = (bytes: number, name: string): readonly string[] => [
  ...['-name', name, '-machine', 'none', '-nodefaults', '-no-user-config', '-display', 'none', '-S'],
  ...['-object', `memory-backend-memfd,id=memory,size=${bytes},share=on`],
]

/** Undefined while it is not there in full. @throws when this process may not look. */
async function openMemory(pid: number, bytes: number): Promise<FileHandle | undefined> {
  const folder = `/proc/${pid}/fd`
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const target = await readlink(path).catch(() => undefined) // Closed meanwhile.
    if (target !== memoryName) continue
    const file = await open(path, 'r+')
    if ((await file.stat()).size === bytes) return file
    await file.close()
  }
  return undefined
}
