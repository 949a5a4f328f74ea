import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pathExists } from '../../../main/lib/files/look.ts'
import { readFormerTasks } from '../../../main/tasks/record/former-tasks.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const guest = guestThatCommits('greeting.txt')

/** A task that has ended, put where earlier versions kept it, in a home that has not been started since. */
async function formerTask() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const first = await startOrchestrator({ root, guest })
  const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
  await untilEnded(first.orchestrator, id)
  await first[Symbol.asyncDispose]()
  const { home } = first
  const files = taskFiles(home, id)
  const folder = join(repo, '.microvm/tasks', id)
  await rm(folder, { recursive: true })
  await rename(files.folder, folder)
  await rm(join(home, 'former-tasks.json'), { force: true })
  await rm(join(home, 'tasks'), { recursive: true })
  const events = await readFile(join(folder, 'events.jsonl'), 'utf8')
  // Without what this version adds to the first line.
  await writeFile(join(folder, 'events.jsonl'), events.replace(/,"repository":\{[^}]*\}/, ''))
  await writeFile(join(home, 'finished.jsonl'), `${JSON.stringify({ brief: { id, repoPath: repo } })}\n`)
  return { root, repo, home, id, files, folder, start: () => startOrchestrator({ root, guest }) }
}

describe('a task that an earlier version kept in the work tree', () => {
  test('is moved into the home at the first start, whole, and shown by links from then on', async () => {
    const { repo, home, id, files, folder, start } = await formerTask()
    const before = await readdir(folder)
    await using setup = await start()
    expect(await setup.orchestrator.get(id)).toMatchObject({
      repoPath: repo,
      repository: { inode: expect.any(Number) },
    })
    expect((await readdir(files.folder)).toSorted()).toEqual(before.toSorted())
    expect((await subjectsOf(files.repo))[0]).toBe('Add greeting.txt')
    expect(await pathExists(join(folder, 'repo'))).toBe(false)
    expect(JSON.parse(await readFile(join(folder, 'task.json'), 'utf8'))).toMatchObject({ task_id: id })
    expect(await readFormerTasks(home)).toEqual([])
    expect(setup.events.read(0)).toHaveLength(1)
  })

  test('of which the home knows nothing stays untouched', async () => {
    const { home, folder, start } = await formerTask()
    for (const name of ['events.jsonl', 'finished.jsonl', 'unfinished.json']) await rm(join(home, name))
    const before = await readdir(folder)
    await using setup = await start()
    expect(await setup.orchestrator.list()).toEqual([])
    expect(await readdir(folder)).toEqual(before)
  })

  const stays: Readonly<Record<string, (task: Awaited<ReturnType<typeof formerTask>>) => Promise<unknown>>> = {
    'a commit has': ({ repo }) => commitFolder(repo),
    'a commit of another branch had': async ({ repo }) => {
      await commitFolder(repo)
      await gitIn(repo, ['branch', 'other'])
      await gitIn(repo, ['reset', '--quiet', '--mixed', 'HEAD~1'])
    },
    'others can write': ({ folder }) => chmod(folder, 0o777),
    'a link leads to': async ({ repo, root }) => {
      await rename(join(repo, '.microvm'), join(root, 'elsewhere'))
      await symlink(join(root, 'elsewhere'), join(repo, '.microvm'))
    },
    'the record is another task’s': async ({ folder, id }) => {
      const events = await readFile(join(folder, 'events.jsonl'), 'utf8')
      await writeFile(join(folder, 'events.jsonl'), events.replace(`"id":"${id}"`, '"id":"cafebabe"'))
    },
    'the record is a link': async ({ folder, root }) => {
      await rename(join(folder, 'events.jsonl'), join(root, 'events.jsonl'))
      await symlink(join(root, 'events.jsonl'), join(folder, 'events.jsonl'))
    },
  }
  test.each(Object.entries(stays))('stays where it is, with the reason, where %s', async (_where, change) => {
    const task = await formerTask()
    await change(task)
    const before = await readdir(task.folder)
    await using setup = await task.start()
    expect(await setup.orchestrator.list()).toEqual([])
    expect(await readdir(task.folder)).toEqual(before)
    expect(await readFormerTasks(task.home)).toMatchObject([{ id: task.id, reason: expect.any(String) }])
  })

  test('of a repository that is not there is moved at the start at which it is', async () => {
    const { root, repo, id, start } = await formerTask()
    await rename(repo, join(root, 'away'))
    const without = await start()
    expect(await without.orchestrator.list()).toEqual([])
    await without[Symbol.asyncDispose]()
    await rename(join(root, 'away'), repo)
    await using setup = await start()
    expect(await setup.orchestrator.list()).toMatchObject([{ id }])
  })

  test('brings no link of somebody’s along', async () => {
    const { root, id, folder, files, start } = await formerTask()
    const victim = join(root, 'victim')
    await mkdir(victim)
    await rm(join(folder, 'share'), { recursive: true })
    await symlink(victim, join(folder, 'share'))
    await using setup = await start()
    expect(await setup.orchestrator.list()).toMatchObject([{ id }])
    expect(await pathExists(files.share)).toBe(false)
  })
})

async function commitFolder(repo: string): Promise<void> {
  await gitIn(repo, ['add', '--force', '.microvm/tasks/*/events.jsonl'])
  await gitIn(repo, ['commit', '--quiet', '--message=With a record'])
}
