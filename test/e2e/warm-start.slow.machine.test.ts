import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTaskId } from '../../main/core/task/task.ts'
import { pathExists } from '../../main/lib/files/look.ts'
import { tasksDirectory } from '../../main/lib/files/paths.ts'
import { isAlive } from '../../main/lib/processes/process-identity.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn } from '../support/git/repositories.ts'
import { commitFile } from '../support/scripts.ts'
import { until } from '../support/until.ts'

test('tasks begin in the machine that was booted ahead, with the agent that was loaded there or, after a commit, with another one', async () => {
  let aheadIsReady = async (): Promise<void> => undefined
  const first = commitFile('first.md', 'First.\n', 'Add first.md')
  await using api = await startScriptedApi({
    scripts: {
      first: async (history) => {
        if (history.turn === 0) await aheadIsReady()
        return await first(history)
      },
      second: commitFile('second.md', 'Second.\n', 'Add second.md'),
      third: commitFile('third.md', 'Third.\n', 'Add third.md'),
    },
  })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: {} },
    settings: { warmMachines: 1, egress: 'closed' },
  })
  const repo = orchestra.pathOf('project')
  const waiting = async (...known: readonly string[]) => {
    const unfinished = JSON.parse(await readFile(join(orchestra.home, 'unfinished.json'), 'utf8'))
    const id = Object.keys(unfinished.tasks).find((name) => !known.includes(name))
    const isWaiting = id && (await pathExists(join(tasksDirectory(orchestra.home), id, 'share/waiting')))
    return isWaiting ? parseTaskId(id) : undefined
  }
  const firstId = await orchestra.runTask('project', 'Add first.md. [script: first]')
  aheadIsReady = () => until(async () => (await waiting(firstId)) !== undefined)
  await orchestra.until(firstId, 'finished')
  const ahead = await waiting(firstId)
  expect(ahead).toBeDefined()
  expect((await orchestra.client.call('list_tasks', {})).tasks).toHaveLength(1)

  const secondId = await orchestra.runTask('project', 'Add second.md. [script: second]')
  expect(secondId).toBe(ahead)
  expect(await orchestra.until(secondId, 'finished')).toMatchObject({ merge_result: { merged: true, commits: 1 } })
  expect((await gitIn(repo, ['ls-tree', '--name-only', 'main'])).split('\n')).toEqual(
    expect.arrayContaining(['first.md', 'second.md']),
  )
  const console = (id: string) => readFile(taskFiles(orchestra.home, id as typeof ahead & string).console, 'utf8')
  expect(await console(secondId)).toMatch(/booted ahead, waiting for a task[\s\S]*runner started[\s\S]*task done/)
  expect((await console(secondId)).match(/runner started/g)).toHaveLength(1)
  const { machine } = JSON.parse(await readFile(join(tasksDirectory(orchestra.home), secondId, 'task.json'), 'utf8'))
  expect(await isAlive(machine)).toBe(false)

  // The agent of a third one is loaded, and its clone is another one by then.
  let loaded: string | undefined
  await until(async () => {
    loaded = await waiting(firstId, secondId)
    return loaded !== undefined && (await console(loaded)).includes('loading Claude Code ahead')
  })
  await gitIn(repo, ['commit', '--quiet', '--allow-empty', '-m', 'By the user'])
  const head = (await gitIn(repo, ['rev-parse', 'HEAD'])).trim()
  const thirdId = await orchestra.runTask('project', 'Add third.md. [script: third]')
  expect(thirdId).toBe(loaded)
  expect(await orchestra.until(thirdId, 'finished')).toMatchObject({ merge_result: { merged: true, commits: 1 } })
  expect((await gitIn(repo, ['rev-parse', 'main^'])).trim()).toBe(head)
  expect((await console(thirdId)).match(/runner started/g)).toHaveLength(1)
  expect(await console(thirdId)).not.toContain('was loaded ahead')
})
