import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const guest = guestThatCommits('greeting.txt')

async function place() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  return { root, repo, setup: await startOrchestrator({ root, guest }) }
}

async function runOne({ orchestrator }: Awaited<ReturnType<typeof startOrchestrator>>) {
  const id = await orchestrator.run({ description: 'say hello', repo: 'project' })
  return taskView(await untilEnded(orchestrator, id))
}

describe('the work tree shows of a task', () => {
  test('links to what the home has of it, no clone and no share, and nothing after a clean-up', async () => {
    const { repo, setup } = await place()
    await using _setup = setup
    const { task_id } = await runOne(setup)
    const folder = join(repo, '.microvm/tasks', task_id)
    const files = taskFiles(setup.home, task_id as never)
    expect((await readdir(folder)).toSorted()).toEqual([
      ...['merge-result.json', 'result.json', 'serial.log', 'task.json', 'task.md'],
    ])
    for (const name of await readdir(folder)) expect(await readlink(join(folder, name))).toBe(join(files.folder, name))
    expect(JSON.parse(await readFile(join(folder, 'task.json'), 'utf8'))).toMatchObject({ status: 'completed' })
    expect(await gitIn(repo, ['status', '--porcelain'])).toBe('')

    await writeFile(join(folder, 'mine'), 'of the user')
    await setup.orchestrator.cleanup(files.id, { deleteRef: false, by: 'person' })
    expect(await readdir(folder)).toEqual(['mine'])
  })

  test('nothing that `git clean -fdx` could take from the task, while it works and when it has ended', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    await using setup = await startOrchestrator({
      ...{ root, guest: guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done') },
    })
    const { orchestrator, home } = setup
    const id = await orchestrator.run({ description: 'say hello', repo: 'project' })
    await expect.poll(async () => (await orchestrator.get(id)).state.phase).toBe('working')
    await expect.poll(() => pathExists(join(repo, '.microvm/tasks', id, 'serial.log'))).toBe(true)
    // The host may show the task again at its next step, so the folder itself says nothing.
    await writeFile(join(repo, '.microvm/mine'), '')
    await gitIn(repo, ['clean', '-fdx', '--quiet'])
    expect(await pathExists(join(repo, '.microvm/mine'))).toBe(false)
    await writeFile(join(root, 'run', id, 'go'), '')
    expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({ status: 'completed' })

    const files = taskFiles(home, id)
    // Without the file in which the host writes the last state just now.
    const names = async () => (await readdir(files.folder)).filter((name) => !/^task\.json\./.test(name))
    const kept = await names()
    await gitIn(repo, ['clean', '-fdx', '--quiet'])
    expect(await names()).toEqual(kept)
    expect(await orchestrator.get(id)).toMatchObject({ result: { summary: 'Done.' } })
    await orchestrator.cleanup(id, { deleteRef: false, by: 'person' })
    expect(await pathExists(files.folder)).toBe(false)
  })
})

describe('a task works on and says why it is not shown', () => {
  const odd: Readonly<Record<string, (repo: string, elsewhere: string) => Promise<unknown>>> = {
    'where .microvm is a link': (repo, elsewhere) => symlink(elsewhere, join(repo, '.microvm')),
    'where tasks is a link': async (repo, elsewhere) => {
      await mkdir(join(repo, '.microvm'))
      await symlink(elsewhere, join(repo, '.microvm/tasks'))
    },
    'where .microvm is a file': (repo) => writeFile(join(repo, '.microvm'), 'x'),
    'where a commit has a file there': async (repo) => {
      await mkdir(join(repo, '.microvm/tasks/cafebabe'), { recursive: true })
      await writeFile(join(repo, '.microvm/tasks/cafebabe/events.jsonl'), 'x')
      await gitIn(repo, ['add', '--force', '.microvm'])
      await gitIn(repo, ['commit', '--quiet', '--message=Odd'])
    },
  }
  test.each(Object.entries(odd))('%s', async (_where, make) => {
    const { root, repo, setup } = await place()
    await using _setup = setup
    const elsewhere = join(root, 'elsewhere')
    await mkdir(elsewhere)
    await make(repo, elsewhere)
    const before = await readdir(repo, { recursive: true })
    const view = await runOne(setup)
    expect(view).toMatchObject({ status: 'completed', notes: [expect.stringContaining('.microvm')] })
    expect(await readdir(elsewhere)).toEqual([])
    const own = (names: string[]) => names.filter((name) => name.startsWith('.microvm')).toSorted()
    expect(own(await readdir(repo, { recursive: true }))).toEqual(own(before))
  })

  test('where the folder of the task itself is a link', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const elsewhere = join(root, 'elsewhere')
    await mkdir(elsewhere)
    await using setup = await startOrchestrator({
      ...{ root, guest: guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done') },
    })
    const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
    await expect.poll(async () => (await setup.orchestrator.get(id)).state.phase).toBe('working')
    const folder = join(repo, '.microvm/tasks', id)
    await rm(folder, { recursive: true })
    await symlink(elsewhere, folder)
    await writeFile(join(root, 'run', id, 'go'), '')
    expect(taskView(await untilEnded(setup.orchestrator, id))).toMatchObject({ status: 'completed' })
    await setup.orchestrator.cleanup(id, { deleteRef: false, by: 'person' })
    expect(await readdir(elsewhere)).toEqual([])
    expect((await lstat(folder)).isSymbolicLink()).toBe(true)
  })
})
