import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { connectToServer } from '../../main/web/client.ts'
import { gitIn, makeRepository } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = join(import.meta.dirname, '../..')
const permissions = async (path: string): Promise<number> => (await lstat(path)).mode & 0o7777

interface Entry {
  readonly isFolder: boolean
  readonly mode: number
}

/** Everything below the folder, itself included, with its permissions. */
async function walk(folder: string): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>()
  for (const name of ['', ...(await readdir(folder, { recursive: true, encoding: 'utf8' }))]) {
    const stats = await lstat(join(folder, name)).catch(() => undefined) // A temporary file that has its place by now.
    if (stats) found.set(name, { isFolder: stats.isDirectory(), mode: stats.mode & 0o7777 })
  }
  return found
}

/** Runs a Node program under the umask, as a shell that has it set would. */
function underUmask(umask: string, args: readonly string[], home: string) {
  return spawn('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, ...args], {
    env: { PATH: process.env.PATH, HOME: home, MICROVM_ORCHESTRATOR_HOME: home, XDG_CACHE_HOME: `${home}-cache` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** Registers a repository and takes one task from `run_task` to its merged commit, all in processes with the umask. */
async function oneTask(umask: string, prepare: (repo: string) => Promise<unknown> = async () => undefined) {
  const folder = await temporaryFolder()
  const [home, repo, machines] = [join(folder, 'home'), join(folder, 'project'), join(folder, 'machines')]
  await mkdir(machines)
  await makeRepository(repo)
  await prepare(repo)
  const allow = underUmask(umask, [join(root, 'main/microvm-orchestrator.mjs'), 'allow', repo], home)
  expect(await once(allow, 'exit')).toEqual([0, null])
  await writeFile(join(home, 'settings.json'), '{"auth": true, "memoryMiB": 1024}', { mode: 0o600 })

  const server = underUmask(umask, [join(root, 'test/bench/our-server.ts'), home, machines], home)
  const ended = once(server, 'exit')
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await ended
  })
  await once(createInterface({ input: server.stdout }), 'line')
  const client = await connectToServer(home)
  const { task_id } = await client.call('run_task', { description: 'say hello', repo: 'project', client: 'cli' })
  const end = await client.call('wait_next_event', {})
  expect(end).toMatchObject({ task_id, merge_result: { merged: true } })
  return { home, repo, task: join(home, 'tasks', task_id), hello: join(repo, `hello-${task_id}.txt`) }
}

test('a program that leaves it to a umask of 0 makes files that everybody can write', async () => {
  const folder = await temporaryFolder()
  const naive = underUmask('000', ['-e', `require('fs').writeFileSync('${folder}/secret', 'x')`], folder)
  await once(naive, 'exit')
  expect(await permissions(join(folder, 'secret'))).toBe(0o666)
})

test('after a whole task under a umask of 0 every file of ours in the home is 0600, every folder 0700, and the task for its owner alone', async () => {
  const { home, repo, task } = await oneTask('000')
  const entries = await walk(home)
  for (const name of ['server.json', 'mcp-token', 'events.jsonl', 'cursors.json', 'allowed-repos.json']) {
    expect([...entries.keys()]).toContain(name)
  }
  expect([...entries.keys()].filter((name) => /^slots\/\d+\/nix-store\.img$/.test(name))).toHaveLength(1)
  // Git, the machine and its guest make theirs by the umask; the task's folder above them lets only its owner in.
  const ours = [...entries].filter(([name]) => !/^tasks\/[^/]+\/(repo|share|serial\.log)/.test(name))
  const loose = ours.filter(([, { isFolder, mode }]) => mode !== (isFolder ? 0o700 : 0o600))
  expect(loose).toEqual([])
  // Node makes the files below it by the umask, where only their owner gets to them.
  expect(await permissions(join(`${home}-cache`, 'microvm-orchestrator/compiled'))).toBe(0o700)
  for (const folder of [join(repo, '.microvm'), join(repo, '.microvm/tasks'), task]) {
    expect([relative(repo, folder), await permissions(folder)]).toEqual([relative(repo, folder), 0o700])
  }
  const records = ['events.jsonl', 'task.json', 'task.md', 'result.json', 'merge-result.json']
  for (const name of records) expect([name, await permissions(join(task, name))]).toEqual([name, 0o600])
})

test("what a task brings into the user's repository has the permissions of the user's own umask", async () => {
  const { repo, hello } = await oneTask('022')
  expect(await permissions(hello)).toBe(0o644)
  for (const [name, { isFolder, mode }] of await walk(join(repo, '.git/objects'))) {
    expect([name, mode]).toEqual([name, isFolder ? 0o755 : 0o444])
  }
})

test.each([
  ['002', 0o664],
  ['077', 0o600],
])(
  'in a repository that a group shares, what a task brings is for the group, under a umask of %s too',
  async (umask, file) => {
    const { repo, hello } = await oneTask(umask, async (path) => {
      await gitIn(path, ['config', 'core.sharedRepository', 'group'])
      for (const [name, { isFolder }] of await walk(join(path, '.git'))) {
        if (isFolder) await chmod(join(path, '.git', name), 0o2775)
      }
    })
    expect(await permissions(hello)).toBe(file)
    const expected = (isFolder: boolean) => (isFolder ? 0o2070 : 0o040)
    for (const [name, { isFolder, mode }] of await walk(join(repo, '.git/objects'))) {
      expect([name, mode & expected(isFolder)]).toEqual([name, expected(isFolder)])
    }
  },
)
