import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { cacheDirectory } from '../lib/files/paths.ts'

/**
 * The folders that can hold run directories, best first: short, in memory, and gone after a reboot like the processes it speaks of; then
 * what is private to this user in any case. A machine is started in the first that can be used, and looked for in all of them, since the
 * next start may have another environment.
 */
export function runRoots(env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.() ?? -1): readonly string[] {
  if (uid === 0) return ['/run/microvm-orchestrator']
  const runtime = env.XDG_RUNTIME_DIR?.startsWith('/') ? [join(env.XDG_RUNTIME_DIR, 'microvm-orchestrator')] : []
  const others = [`/tmp/microvm-orchestrator-${uid}`, `/run/user/${uid}/microvm-orchestrator`]
  return [...new Set([...runtime, ...others, join(cacheDirectory(env), 'run')])]
}

/**
 * The first of the folders that is this user's alone, made where it is not there. In a folder that all can write to, such as /tmp,
 * another user may have taken our name: what lies there is neither used nor removed.
 * @throws AppError('boot-failed') with what is in the way of each.
 */
export async function openRunRoot(roots: readonly string[] = runRoots()): Promise<string> {
  const problems: string[] = []
  for (const root of roots) {
    try {
      await mkdir(root, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
      if (await isPrivateFolder(root)) return root
      problems.push(`${root} is not a private folder of this user`)
    } catch (error) {
      problems.push(`${root} cannot be made: ${(error as NodeJS.ErrnoException).code}`)
    }
  }
  throw new AppError('boot-failed', `There is no place for the sockets of machines: ${problems.join('; ')}`, {
    hint: 'Set XDG_RUNTIME_DIR to a folder of your own with mode 0700, or have the administrator remove what another user put there',
  })
}

/** A folder, no link to one, that belongs to this user and that no other can write to. */
export async function isPrivateFolder(path: string): Promise<boolean> {
  try {
    const found = await lstat(path)
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
