import childProcess from 'node:child_process'
import filesystem from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/** What happens at one of the operations by which the product changes files or runs git, counted from 1. */
export interface Fault {
  /**
   * `refuse`: it is not done, and fails. `belie`: it is done, and said to have failed. `outage`: it fails, and so does every later
   * one. `kill`: this process is killed before it. `none`: they are only counted.
   */
  readonly mode: 'refuse' | 'belie' | 'outage' | 'kill' | 'none'
  readonly at: number
}

const changing = [
  'writeFile',
  'rename',
  'link',
  'unlink',
  'rm',
  'rmdir',
  'mkdir',
  'mkdtemp',
  'chmod',
  'copyFile',
  'symlink',
] as const

type Operation = (...args: unknown[]) => unknown

/** Runs the action with the fault. Answers how many operations there were, beside what it answered or threw. */
export async function withFault<Result>(
  fault: Fault,
  action: () => Promise<Result>,
): Promise<{ operations: readonly string[]; result?: Result; error?: unknown }> {
  const operations: string[] = []
  const isHit = (what: string): boolean => {
    operations.push(what)
    const hit = operations.length === fault.at || (fault.mode === 'outage' && operations.length > fault.at)
    if (hit && fault.mode === 'kill') process.kill(process.pid, 'SIGKILL')
    return hit && fault.mode !== 'none'
  }
  const files = filesystem as unknown as Record<string, Operation>
  const originals = new Map(changing.map((name) => [name, files[name] as Operation]))
  for (const [name, original] of originals) {
    files[name] = async (...args: unknown[]) => {
      const hit = isHit(`${name} ${String(args[0])}`)
      if (!hit || fault.mode === 'belie') await original(...args)
      else throw failure(name)
      if (hit) throw failure(name)
      return undefined
    }
  }
  // It answers the folder's name.
  files.mkdtemp = async (...args: unknown[]) => {
    const hit = isHit('mkdtemp')
    const made = !hit || fault.mode === 'belie' ? await originals.get('mkdtemp')?.(...args) : undefined
    if (hit) throw failure('mkdtemp')
    return made
  }
  files.mkdir = async (...args: unknown[]) => {
    const hit = isHit(`mkdir ${String(args[0])}`)
    const made = !hit || fault.mode === 'belie' ? await originals.get('mkdir')?.(...args) : undefined
    if (hit) throw failure('mkdir')
    return made
  }
  const spawn = childProcess.spawn
  childProcess.spawn = ((file: string, args: readonly string[], ...rest: unknown[]) => {
    const hit = isHit(`${file} ${args.filter((arg, index) => arg !== '-c' && args[index - 1] !== '-c').join(' ')}`)
    const start = spawn as unknown as Operation
    if (!hit) return start(file, args, ...rest)
    if (fault.mode !== 'belie') return start('sh', ['-c', 'echo injected >&2; exit 3'], ...rest)
    return start('sh', ['-c', belied(args), 'sh', file, ...args], ...rest)
  }) as typeof spawn
  syncBuiltinESMExports()
  try {
    return { result: await action(), operations }
  } catch (error) {
    return { error, operations }
  } finally {
    for (const [name, original] of originals) files[name] = original
    childProcess.spawn = spawn
    syncBuiltinESMExports()
  }
}

/** A transaction is told line by line: it ends with the commit of which it says nothing, since git would not wait for more. */
const belied = (args: readonly string[]): string =>
  args.includes('update-ref') && args.includes('--stdin')
    ? `sed -u '/^commit$/q' | "$@" | sed -u '/^commit: ok$/d'; exit 3`
    : '"$@"; exit 3'

const failure = (name: string) => Object.assign(new Error(`EIO: i/o error, ${name}`), { code: 'EIO', syscall: name })
