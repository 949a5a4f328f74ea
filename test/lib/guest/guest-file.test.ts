import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readGuestFile, readGuestFileTail } from '../../../main/lib/guest/guest-file.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const marker = 'the secret of the host'

async function folders() {
  const root = await temporaryFolder()
  const share = join(root, 'share')
  await mkdir(share)
  await writeFile(join(root, 'host-secret'), marker)
  return { share, secret: join(root, 'host-secret'), file: join(share, 'result.json') }
}

describe('a file that a guest left', () => {
  test.each<[string, (file: string, secret: string) => Promise<unknown>, string]>([
    ['a symbolic link', (file, secret) => symlink(secret, file), 'not-regular'],
    ['a hard link', (file, secret) => link(secret, file), 'linked'],
  ])('%s leads a naive reader to the secret of the host, and ours not', async (_what, plant, why) => {
    const { share, secret, file } = await folders()
    await plant(file, secret)
    expect(await readFile(file, 'utf8')).toBe(marker)
    expect(await readGuestFile(share, 'result.json', 1000)).toEqual({ kind: 'refused', why })
  })

  test('a FIFO does not make us wait', async () => {
    const { share, file } = await folders()
    await runOrThrow('mkfifo', [file])
    expect(await readGuestFile(share, 'result.json', 1000)).toEqual({ kind: 'refused', why: 'not-regular' })
  })

  test('a folder, a missing file and a file over the limit are refused with their reasons', async () => {
    const { share, file } = await folders()
    expect(await readGuestFile(share, 'result.json', 10)).toEqual({ kind: 'refused', why: 'missing' })
    await mkdir(file)
    expect(await readGuestFile(share, 'result.json', 10)).toEqual({ kind: 'refused', why: 'not-regular' })
    await writeFile(join(share, 'big'), 'x'.repeat(11))
    expect(await readGuestFile(share, 'big', 10)).toEqual({ kind: 'refused', why: 'too-large' })
    await writeFile(join(share, 'fits'), 'x'.repeat(10))
    expect(await readGuestFile(share, 'fits', 10)).toEqual({ kind: 'read', bytes: Buffer.from('x'.repeat(10)) })
  })

  test('a name that leaves the folder is a defect of ours', async () => {
    const { share } = await folders()
    await expect(readGuestFile(share, '../host-secret', 1000)).rejects.toThrow('Not a plain file name')
  })

  test('the tail starts with a whole line', async () => {
    const { share } = await folders()
    await writeFile(join(share, 'log'), 'first line\nsecond line\nthird line\n')
    expect((await readGuestFileTail(share, 'log', 20)).toString()).toBe('third line\n')
    expect((await readGuestFileTail(share, 'log', 1000)).toString()).toBe('first line\nsecond line\nthird line\n')
  })
})
