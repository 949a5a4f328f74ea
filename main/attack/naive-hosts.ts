import { constants } from 'node:fs'
import { copyFile, lstat, open, readdir, readFile, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../lib/processes/spawn.ts'
import type { Fixture, NaiveHost } from './attack.ts'

/**
 * Hosts that do the obvious thing with what a guest left. Each attack is shown to work on one of them first, on a copy of the very
 * files that the real host is then given.
 */

/** Reads the file as any program would. */
export const reads =
  (place: 'share' | 'repo', name: string): NaiveHost =>
  async (fixture) => {
    const text = await readFile(join(fixture[place], name), 'utf8')
    return text.includes(fixture.secret) ? ["read a file of the host in place of the guest's"] : []
  }

/** Reads the whole file into memory, whatever its size. */
export const takesWhole =
  (name: string, limitBytes: number): NaiveHost =>
  async ({ share }) => {
    try {
      const { length } = await readFile(join(share, name))
      return length > limitBytes ? [`took ${length} bytes into memory`] : []
    } catch (error) {
      return [`failed for the size of it: ${(error as NodeJS.ErrnoException).code}`]
    }
  }

/** Opens the file to read it, and waits. No one guesses from the time: a FIFO can be opened for writing only while someone reads it. */
export const waitsFor =
  (place: 'share' | 'repo', name: string, reader: readonly [string, ...string[]] = ['cat', name]) =>
  async (fixture: Pick<Fixture, 'share' | 'repo'>): Promise<readonly string[]> => {
    const over = new AbortController()
    const [file, ...args] = reader
    const reading = run(file, args, { cwd: fixture[place], env: gitSettings }, over.signal)
    let ended = false
    void reading.then(() => {
      ended = true
    })
    try {
      while (!ended) {
        if (await hasReader(join(fixture[place], name))) return ['waited for ever on a FIFO']
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      return []
    } finally {
      over.abort()
      await reading
    }
  }

async function hasReader(fifo: string): Promise<boolean> {
  try {
    const file = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return false
    throw error
  }
}

/** Reads what cannot be read as a file, and falls over it. */
export const fallsOver =
  (place: 'share' | 'repo', name: string): NaiveHost =>
  async (fixture) => {
    try {
      await readFile(join(fixture[place], name))
      return []
    } catch (error) {
      return [`failed where the guest should have: ${(error as NodeJS.ErrnoException).code}`]
    }
  }

/** Copies the file to where the user looks for it. */
export const copies =
  (name: string): NaiveHost =>
  async ({ share, secret, marker }) => {
    const copy = `${marker}.copy`
    await copyFile(join(share, name), copy)
    return (await readFile(copy, 'utf8')).includes(secret) ? ["copied a file of the host to the task's own"] : []
  }

/** Writes to the file in place: to blank a key, to take a key out of a log. */
export const writes =
  (name: string): NaiveHost =>
  async ({ share }) => {
    await writeFile(join(share, name), '')
    return []
  }

/** Goes through a folder by the whole path of everything in it. */
export const walks =
  (place: 'share' | 'repo'): NaiveHost =>
  async (fixture) => {
    try {
      await goThrough(fixture[place])
      return []
    } catch (error) {
      return [`could not go through it: ${(error as NodeJS.ErrnoException).code}`]
    }
  }

async function goThrough(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await goThrough(join(folder, entry.name))
  }
}

/** Deletes a folder by asking `stat`, which follows links, what is in it. */
export const deletes =
  (place: 'share' | 'repo'): NaiveHost =>
  async (fixture) => {
    await deleteFollowing(fixture[place])
    return []
  }

async function deleteFollowing(path: string): Promise<void> {
  if (!(await stat(path).catch(() => lstat(path))).isDirectory()) return await unlink(path)
  for (const name of await readdir(path)) await deleteFollowing(join(path, name))
  await rmdir(path).catch(() => unlink(path))
}

/** The settings that a user who is also root needs to use git in another's folder at all. */
const gitSettings = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:ext:ssh',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'Naive Host'],
      [`GIT_${who}_EMAIL`, 'host@example.invalid'],
    ]),
  ),
}

/** What git printed, both streams; how it ended does not matter. */
export async function naiveGit(folder: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('git', args, { cwd: folder, env: gitSettings, timeoutMs: 60_000 })
  return stdout + stderr
}

/** Runs git commands inside the clone. */
export const gitInClone =
  (...calls: readonly (readonly string[])[]): NaiveHost =>
  async ({ repo, secret }) => {
    let said = ''
    for (const args of calls) said += await naiveGit(repo, args)
    return said.includes(secret) ? ['showed a secret of the host'] : []
  }

/** A repository of the user's in which a naive host goes on; made again for each attack, next to its marker. */
export const receiverOf = ({ marker }: Fixture): string => `${marker}.receiver`

/** Fetches from the clone into a copy of the user's repository, then judges. */
export const fetches =
  (
    args: readonly string[],
    judge: (receiver: string, fixture: Fixture) => Promise<readonly string[]>,
    ...then: readonly (readonly string[])[]
  ): NaiveHost =>
  async (fixture) => {
    const receiver = receiverOf(fixture)
    await naiveGit(receiver, ['fetch', '--quiet', fixture.repo, ...args])
    for (const call of then) await naiveGit(receiver, call)
    return await judge(receiver, fixture)
  }

export const hasObject = async (receiver: string, object: string): Promise<boolean> =>
  (await naiveGit(receiver, ['cat-file', '-t', object])).trim() === 'commit'
