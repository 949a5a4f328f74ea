import { run, runOrThrow } from './spawn.ts'

/**
 * Keeps the memory of this process, and of those that it starts, off every disk when they crash. A limit of one byte holds on hosts of systemd-coredump and
 * apport, too, whose programs the kernel starts whatever the limit, unless it is exactly that (fs/coredump.c); where this user may not raise the limit any more, it is 0.
 * @throws where it cannot be set.
 */
export async function forbidCoreDumps(): Promise<void> {
  const self = ['--pid', String(process.pid)]
  const { ok } = await run('prlimit', ['--core=1', ...self])
  if (!ok) await runOrThrow('prlimit', ['--core=0', ...self])
}
