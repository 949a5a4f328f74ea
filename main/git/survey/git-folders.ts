import { join } from 'node:path'
import { shownPath } from '../process/byte-path.ts'
import { checkGitFolder } from './check-clone.ts'
import { GuestGitFolder } from './read-git-folder.ts'
import { readTips, type Tip, type Tips } from './read-tips.ts'

/** A `.git` folder of a clone whose objects may be read. */
export interface CloneGitFolder {
  /** Its path below the clone; `.git`, or where it was moved. */
  readonly place: string
  readonly path: string
  readonly objects: string
  readonly tips: Tips
}

export interface GitFolders {
  /** The one that the work tree belongs to; undefined when none can be read. */
  readonly main: CloneGitFolder | undefined
  /** The others: a copy of it, or one that was moved aside. */
  readonly others: readonly CloneGitFolder[]
  /** Folders of the work tree that are such, and therefore none of its files. */
  readonly apart: readonly string[]
  readonly notes: readonly string[]
}

const mostFolders = 8

/** The clone's `.git`, and folders in the work tree that were it once: renamed, or copied. */
export async function findGitFolders(
  workspace: string,
  taskId: string,
  candidates: readonly string[],
): Promise<GitFolders> {
  const notes: string[] = []
  const apart: string[] = []
  const sound: CloneGitFolder[] = []
  const take = async (place: string) => {
    const path = join(workspace, place)
    const check = await checkGitFolder(path)
    if (check.kind === 'sound') sound.push({ place, path, objects: check.objects, tips: await readTips(path, taskId) })
    return check
  }
  const own = await take('.git')
  for (const folder of candidates) {
    const place = Buffer.from(folder, 'latin1').toString('utf8')
    if (!(await wasOurs(join(workspace, place), taskId))) continue
    apart.push(folder)
    if (sound.length >= mostFolders) notes.push(`${shownPath(folder)} was not read: there are too many copies of .git`)
    else if ((await take(place)).kind === 'sound')
      notes.push(
        `${shownPath(folder)} is the clone's .git, moved or copied: its commits were read, its files are no part of the work`,
      )
  }
  if (own.kind === 'refused') notes.unshift(`The clone's history was not read: ${own.why}`)
  const main = sound.find(({ place }) => place === '.git') ?? sound.at(0)
  return { main, others: sound.filter((folder) => folder !== main), apart, notes }
}

/** Whether a folder began as the `.git` that the host made for this task. */
async function wasOurs(path: string, taskId: string): Promise<boolean> {
  const folder = new GuestGitFolder(path)
  const config = (await folder.text('config', 1024 ** 2)) ?? ''
  return config.includes(`task-${taskId}@microvm-orchestrator.invalid`)
}

/** The tips of all, those of the first one first. */
export function allTips({ main, others }: GitFolders): readonly Tip[] {
  const moved =
    (place: string) =>
    (tip: Tip): Tip => ({ ...tip, from: `${tip.from} of ${shownPath(Buffer.from(place).toString('latin1'))}` })
  return [...(main?.tips.tips ?? []), ...others.flatMap(({ place, tips }) => tips.tips.map(moved(place)))]
}
