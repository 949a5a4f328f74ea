import { lstat, mkdir, readlink, symlink, unlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { packageDirectory, resourceDirectory } from '../files/paths.ts'

const name = 'microvm-orchestrator'

/** Folders of the PATH where a user's own programs go, the one that most have in it first. */
export const commandFolders = (): readonly string[] => [
  '/usr/local/bin',
  '/opt/homebrew/bin',
  join(homedir(), '.local', 'bin'),
]

/** The command of the packed app starts the app's own binary; in a checkout it is the launcher. */
export function commandOfApp(isPackaged: boolean): string {
  return isPackaged ? join(resourceDirectory(), 'bin', name) : join(packageDirectory(), 'main', `${name}.mjs`)
}

const moveIt = 'Move it to the Applications folder, start it from there, and try again'

/** Places that are gone after a while, each with what to do instead. */
const passingPlaces = [
  /** Where macOS runs an app that was not moved since its download. */
  { pattern: /\/AppTranslocation\//, hint: moveIt },
  /** Where macOS mounts disk images. */
  { pattern: /^\/Volumes\//, hint: moveIt },
  /** Where an AppImage mounts itself while it runs. */
  { pattern: /\/\.mount_[^/]+\//, hint: 'Install the deb in place of the AppImage, or the command line by npm' },
]

/**
 * Links the command into the first of the folders that takes it. A link of ours is renewed; anything else of that name is left alone.
 * @returns the link. @throws AppError('home-unusable') when no folder takes it, or the app is
 * where it will not stay.
 */
export async function installCommandLine(command: string, folders = commandFolders()): Promise<string> {
  const passing = passingPlaces.find(({ pattern }) => pattern.test(command))
  if (passing) {
    const place = command.replace(/\/(?:Contents|resources)\/.*/, '')
    throw new AppError('home-unusable', `The app is at ${place}, where it will not stay`, { hint: passing.hint })
  }
  const refusals: string[] = []
  for (const folder of folders) {
    const link = join(folder, name)
    try {
      if (folder.startsWith(homedir())) await mkdir(folder, { recursive: true })
      await makeWay(link)
      await symlink(command, link)
      return link
    } catch (error) {
      refusals.push(`${link}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
    }
  }
  throw new AppError('home-unusable', `The command could not be linked: ${refusals.join(', ')}`, {
    hint: `Link it yourself: sudo ln -s '${command}' ${join(folders[0] ?? dirname(command), name)}`,
  })
}

async function makeWay(link: string): Promise<void> {
  const found = await lstat(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!found) return
  const isOurs = found.isSymbolicLink() && /microvm-orchestrator(\.mjs)?$/.test(await readlink(link))
  if (!isOurs) throw Object.assign(new Error('Something else is there'), { code: 'EEXIST' })
  await unlink(link)
}
