import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { measureChange } from '../../../main/git/changes/measure-change.ts'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { openQuarantine } from '../../../main/git/merge/quarantine.ts'
import { mergeMemory } from '../../support/git/merge-memory.ts'
import { commitFiles, gitIn, makeRepository, statusOf } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function project() {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  return { folder, repo, start: await makeRepository(repo, { files: { 'a.txt': 'a\n' } }) }
}

/** A commit on the start whose tree is the text that `mktree` takes. */
async function commitTree(repo: string, listing: string): Promise<string> {
  const tree = await makeTree(repo, listing)
  return await gitIn(repo, ['commit-tree', tree, '-p', 'main', '-m', 'Large'])
}

async function makeTree(repo: string, listing: string): Promise<string> {
  await writeFile(join(repo, '.git/listing'), listing)
  return await gitIn(repo, ['-c', 'alias.make=!git mktree <.git/listing', 'make'])
}

test.each(['fast-forward', 'rebase'])(
  'a bomb of nested trees is refused with the reason before git lists it: %s',
  async (method) => {
    const { repo, start } = await project()
    let tree = await gitIn(repo, ['rev-parse', 'main^{tree}'])
    for (let depth = 0; depth < 12; depth += 1) {
      tree = await makeTree(repo, Array.from({ length: 12 }, (_, index) => `040000 tree ${tree}\tf${index}\n`).join(''))
    }
    const commit = await commitTree(repo, `${await gitIn(repo, ['ls-tree', 'main'])}\n040000 tree ${tree}\tbomb\n`)
    if (method === 'rebase') await commitFiles(repo, { b: 'b\n' })
    const before = await gitIn(repo, ['rev-parse', 'main'])
    const request = { repoPath: repo, taskId: 'a1b2c3d4', startCommit: start, branch: 'main', commit }
    expect(await mergeWork(request)).toMatchObject({
      reason: 'fetch_failed',
      detail: expect.stringContaining('More than 2000000 files'),
    })
    expect([await gitIn(repo, ['rev-parse', 'main']), await statusOf(repo)]).toEqual([before, ''])
  },
)

test('a commit too large to be read ends the merge with the reason', async () => {
  const { repo, start } = await project()
  await writeFile(join(repo, '.git/message'), 'a'.repeat(70_000_000))
  const tree = await gitIn(repo, ['rev-parse', 'main^{tree}'])
  const commit = await gitIn(repo, ['commit-tree', tree, '-p', 'main', '-F', '.git/message'])
  await commitFiles(repo, { b: 'b\n' })
  const request = { repoPath: repo, taskId: 'a1b2c3d4', startCommit: start, branch: 'main', commit }
  expect(await mergeWork(request)).toMatchObject({
    reason: 'fetch_failed',
    detail: expect.stringMatching(/^The commit [0-9a-f]{40} is of 70000\d+ bytes/),
  })
})

test('folders nested too deep are refused', async () => {
  // Each folder holds the next one, and no other.
  const reader = {
    read: async (id: string) =>
      `40000 f\0${Buffer.from((Number.parseInt(id, 16) + 1).toString(16).padStart(40, '0'), 'hex').toString('latin1')}`,
  }
  await expect(
    measureChange('f'.repeat(40), '1'.padStart(40, '0'), {
      read: async (id) => (id.startsWith('f') ? '' : await reader.read(id)),
    }),
  ).rejects.toThrow('nested more than 1000 deep')
})

test('the memory of a merge does not grow with the number of its commits', async () => {
  const folder = await temporaryFolder()
  // What no collector of garbage has taken yet counts as well, more or less of it each time: of two looks the one that shows less of that.
  const peaks = async (name: string, commits: number): Promise<readonly number[]> => {
    const looks = []
    for (const look of ['1', '2']) looks.push((await mergeMemory(join(folder, name + look), commits)).peakBytes)
    return looks
  }
  const few = await peaks('few', 1_000)
  const many = await peaks('many', 10_000)
  expect(Math.min(...many)).toBeLessThan(2 * Math.max(...few))
})

test('many small objects are packed a few at a time', async () => {
  const { repo } = await project()
  await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
  const before = process.memoryUsage().rss
  for (let index = 0; index < 12_000; index += 1) await quarantine.writeTree(`100644 f${index}\0${'\x01'.repeat(20)}`)
  await quarantine.flush()
  // All compressed at once they took a quarter of a megabyte each: three gigabytes.
  expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000)
})
