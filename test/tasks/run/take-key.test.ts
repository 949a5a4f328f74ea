import { spawn } from 'node:child_process'
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { placeGuestFile, readGuestFile } from '../../../main/lib/guest/guest-file.ts'
import { clearShare } from '../../../main/tasks/run/clear-share.ts'
import { removeKey } from '../../../main/tasks/run/take-key.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

async function place() {
  const folder = await temporaryFolder()
  const share = join(folder, 'share')
  const victim = join(folder, 'victim')
  await mkdir(join(share, '.api-key/inner'), { recursive: true })
  await mkdir(victim)
  for (const path of [join(share, '.api-key/inner'), victim]) await writeFile(join(path, 'notes.txt'), 'precious')
  return { share, victim }
}

/** A guest that makes a folder of its key file, and swaps what is in it for a link, again and again. */
async function swapping(share: string, victim: string): Promise<void> {
  const inner = join(share, '.api-key/inner')
  const script = `touch ${share}/swapping; while :; do mv ${inner} ${inner}2; ln -s ${victim} ${inner}; rm ${inner}; mv ${inner}2 ${inner}; done`
  const guest = spawn('bash', ['-c', script], { stdio: 'ignore' })
  onTestFinished(async () => {
    guest.kill('SIGKILL')
    await new Promise((resolve) => guest.once('exit', resolve))
  })
  await until(async () => (await readdir(share)).includes('swapping'))
}

describe('the key is taken out of the share', () => {
  test('by one unlink: below a folder that a guest put in its place nothing is deleted, here or elsewhere', async () => {
    const { share, victim } = await place()
    // A host that deletes what is below it looks, and then acts on what is another thing by then.
    const inner = join(share, '.api-key/inner')
    const names = await readdir(inner)
    await rename(inner, `${inner}2`)
    await symlink(victim, inner)
    for (const name of names) await unlink(join(inner, name))
    expect(await readdir(victim)).toEqual([])
    await rm(inner)
    await rename(`${inner}2`, inner)
    await writeFile(join(victim, 'notes.txt'), 'precious')

    await swapping(share, victim)
    for (let round = 0; round < 200; round++) expect(await removeKey(share)).toMatch(/put a folder in place/)
    expect(await readFile(join(victim, 'notes.txt'), 'utf8')).toBe('precious')
    expect((await lstat(join(share, '.api-key'))).isDirectory()).toBe(true)
  })

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['a file', (path) => writeFile(path, 'sk-ant-x')],
    ['a link', (path) => symlink('/etc/passwd', path)],
    ['nothing', async () => undefined],
  ])('where %s has its name', async (_what, make) => {
    const share = await temporaryFolder()
    await make(join(share, '.api-key'))
    expect(await removeKey(share)).toBeNull()
    expect(await readdir(share)).toEqual([])
    expect(await readFile('/etc/passwd', 'utf8')).toContain('root')
  })

  test('and ends no watch where it cannot be', async () => {
    expect(await removeKey('/proc/self/status')).toMatch(/could not be removed/)
  })
})

test('a name in a share that a folder has is refused to the host while a guest may live, and is made free when none does', async () => {
  const { share, victim } = await place()
  await expect(placeGuestFile(share, '.api-key', 'x')).rejects.toMatchObject({ code: 'boot-failed' })
  await symlink(victim, join(share, 'task.md'))
  await placeGuestFile(share, 'task.md', 'text')
  expect(await readdir(victim)).toEqual(['notes.txt'])
  expect(await readGuestFile(share, 'task.md', 100)).toMatchObject({ kind: 'read' })

  await symlink(victim, join(share, '.api-key/inner/link'))
  await clearShare(share)
  expect(await readdir(share)).toEqual([])
  expect(await readdir(victim)).toEqual(['notes.txt'])
})
