import { access, chmod, chown, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isPrivateFolder, openRunRoot, runRoots } from '../../main/machines/run-root.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Folders that somebody else has put where ours would be. */
async function squatted(): Promise<readonly string[]> {
  const folder = await temporaryFolder()
  const [link = '', open = '', foreign = ''] = ['link', 'open', 'foreign'].map((name) => join(folder, name))
  await mkdir(join(folder, 'behind'), { mode: 0o700 })
  await symlink('behind', link)
  await mkdir(open)
  await chmod(open, 0o777)
  await mkdir(foreign, { mode: 0o700 })
  // Only root can give a folder away.
  if (process.getuid?.() !== 0) return [link, open]
  await chown(foreign, 65_534, 65_534)
  return [link, open, foreign]
}

test('a place that another user has taken is left alone, and the next private one is used', async () => {
  const taken = await squatted()
  const own = join(await temporaryFolder(), 'run')
  expect(await openRunRoot([...taken, own])).toBe(own)
  expect(await isPrivateFolder(own)).toBe(true)
  for (const path of taken) {
    expect(await isPrivateFolder(path)).toBe(false)
    await access(path)
  }
})

test('where every place is taken, each is named with the cure', async () => {
  const taken = await squatted()
  await expect(openRunRoot(taken)).rejects.toMatchObject({
    code: 'boot-failed',
    message: expect.stringMatching(new RegExp(taken.map((path) => `${path} is not a private folder`).join('.*'))),
    hint: expect.stringContaining('XDG_RUNTIME_DIR'),
  })
})

test('an ordinary user has a private place beside the shared /tmp, and root only its own', () => {
  const env = { XDG_RUNTIME_DIR: '/run/user/7', XDG_CACHE_HOME: '/home/u/.cache' }
  expect(runRoots(env, 7)).toEqual([
    '/run/user/7/microvm-orchestrator',
    '/tmp/microvm-orchestrator-7',
    '/home/u/.cache/microvm-orchestrator/run',
  ])
  expect(runRoots({ XDG_CACHE_HOME: '/home/u/.cache' }, 7)[0]).toBe('/tmp/microvm-orchestrator-7')
  expect(runRoots(env, 0)).toEqual(['/run/microvm-orchestrator'])
})
