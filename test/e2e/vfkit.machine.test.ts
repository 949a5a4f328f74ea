import { expect, test } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { createVfkitDriver } from '../../main/machines/vfkit/driver.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { statusOf, subjectsOf } from '../support/git/repositories.ts'
import { debianImage } from '../support/machines/debian-image.ts'
import { pretendMac } from '../support/machines/pretend-mac.ts'
import { commitFile } from '../support/scripts.ts'

test("a task on a Mac's way: vfkit's command line, its REST API, the API over vsock, Claude Code's commit on the branch", async () => {
  await using api = await startScriptedApi({ scripts: { page: commitFile('page.md', 'Shows.\n', 'Add page.md') } })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { frontend: { 'README.md': 'Pages\n' } },
    driver: createVfkitDriver({ image: () => debianImage(), log: silentLog, host: pretendMac }),
  })
  const task_id = await orchestra.runTask('frontend', 'Add page.md. [script: page]')
  const end = await orchestra.until(task_id, 'finished')
  expect(end).toMatchObject({
    status: 'completed',
    result: { success: true, files_changed: ['page.md'], error: null },
    merge_result: { merged: true, method: 'fast-forward', commits: 1 },
  })
  const repo = orchestra.pathOf('frontend')
  expect(await subjectsOf(repo, 'main')).toEqual(['Add page.md', 'Start'])
  expect(await statusOf(repo)).toBe('')
  // The slot is free a moment after the task is known to have ended.
  await expect.poll(async () => (await orchestra.client.call('list_slots', {})).active).toEqual([])
})
