import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { publications } from '../../../main/git/publish/journal.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { withFault } from '../../support/faults/inject-faults.ts'
import { copyScene, lookAtScene, makePublishScene, type PublishScene } from '../../support/git/publish-scene.ts'
import { startOrchestrator } from '../../support/orchestrator.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const program = join(import.meta.dirname, '../../support/git/doomed-merge.ts')

const isLeftOver = (name: string) => name === 'index.lock' || name.startsWith('microvm-')

/** The number of the operation that brings the last file into the work tree, before the index follows. */
async function lastFileOf(scene: PublishScene, repo: string): Promise<number> {
  await copyScene(scene, repo)
  const { operations } = await withFault({ mode: 'none', at: 0 }, () => mergeWork({ ...scene.request, repoPath: repo }))
  const place = join(repo, '.git', publications)
  return (
    operations.findLastIndex(
      (what) => /^(link|rename) /.test(what) && what.includes(join(place, '')) && what.includes('/staged/'),
    ) + 1
  )
}

/** A repository whose checkout a process was moving when it was killed, with what it was before. */
async function cutOff(scene: PublishScene, repo: string, at: number) {
  await copyScene(scene, repo)
  const before = await lookAtScene(repo)
  const request = JSON.stringify({ ...scene.request, repoPath: repo })
  const killed = await run(process.execPath, [program, request, JSON.stringify({ mode: 'kill', at })])
  expect(killed).toMatchObject({ signal: 'SIGKILL' })
  expect((await lookAtScene(repo)).files).not.toEqual(before.files)
  return before
}

test('the start of a server takes back a checkout that was cut off while it moved, with no task to merge, and one that it cannot read stops nothing', async () => {
  const root = await temporaryFolder()
  const scene = await makePublishScene(join(root, 'scene'))
  const at = await lastFileOf(scene, join(root, 'plain'))
  const damaged = join(root, 'damaged')
  const sound = join(root, 'sound')
  await cutOff(scene, damaged, at)
  const before = await cutOff(scene, sound, at)
  const [name = ''] = await readdir(join(damaged, '.git', publications))
  const journal = join(damaged, '.git', publications, name, 'journal.json')
  await writeFile(journal, '{')
  for (const path of [damaged, sound]) await registerRepository(join(root, 'home'), { path })

  const { log, lines } = recordingLog()
  await using _setup = await startOrchestrator({ root, guest: '', log })
  // Not by git, which would write an index of its own as soon as it may.
  await expect.poll(async () => (await readdir(join(sound, '.git'))).filter(isLeftOver)).toEqual([])
  expect(await lookAtScene(sound)).toEqual(before)
  await expect
    .poll(() => lines.find(({ message }) => message.includes('could not be looked at')))
    .toMatchObject({
      fields: { repoPath: damaged },
    })
  expect(await readFile(journal, 'utf8')).toBe('{')
})
