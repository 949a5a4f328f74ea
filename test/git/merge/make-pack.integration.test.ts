import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePack, type NewObject } from '../../../main/git/merge/make-pack.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Sizes at which the length of an entry's head changes, and their neighbours. */
const sizes = [0, 1, 15, 16, 2047, 2048, 2049, 262_143, 262_144]

test.each(['sha1', 'sha256'] as const)(
  'git reads a pack of %s and makes the same index of it',
  async (objectFormat) => {
    const repo = await temporaryFolder()
    await makeRepository(repo, { objectFormat })
    const objects = [...sizes, ...Array.from({ length: 600 }, (_, index) => index)].map((size, index): NewObject => {
      const type = index % 2 === 0 ? 'commit' : 'tree'
      const body = randomBytes(size)
      const id = createHash(objectFormat).update(`${type} ${size}\0`).update(body).digest('hex')
      return { id, type, body }
    })
    const once = [...new Map(objects.map((object) => [object.id, object])).values()]
    const { name, pack, index } = await makePack(once, objectFormat)
    const file = join(repo, '.git/objects/pack', name)
    await writeFile(`${file}.pack`, pack)
    const said = await gitIn(repo, ['index-pack', '--no-rev-index', '-o', join(repo, 'by-git.idx'), `${file}.pack`])
    expect(name).toBe(`pack-${said}`)
    expect(index.equals(await readFile(join(repo, 'by-git.idx')))).toBe(true)
    await writeFile(`${file}.idx`, index)
    await gitIn(repo, ['verify-pack', `${file}.idx`])
    for (const { id, type, body } of once.slice(0, sizes.length)) {
      expect(await gitIn(repo, ['cat-file', '-t', id])).toBe(type)
      expect(await gitIn(repo, ['cat-file', '-s', id])).toBe(String(body.length))
    }
  },
)
