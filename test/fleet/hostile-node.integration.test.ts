import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../main/core/task/task.ts'
import type { KeyPlace, Place } from '../../main/core/task/task-place.ts'
import type { Engine } from '../../main/fleet/engine.ts'
import { bringRest, type RestWish } from '../../main/fleet/follow/bring-rest.ts'
import { lookAtPlace } from '../../main/fleet/follow/look-at-place.ts'
import type { Patience } from '../../main/fleet/follow/patience.ts'
import { VisitedPlaces } from '../../main/fleet/follow/visited.ts'
import { JobWatch } from '../../main/fleet/jobs/job-watch.ts'
import { runAtPlace } from '../../main/fleet/place-task.ts'
import type { ToNode } from '../../main/fleet/protocol.ts'
import { channels } from '../../main/fleet/protocol.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import type { RunRequest } from '../../main/tasks/contract.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import type { Provisions } from '../../main/tasks/slots/provisions.ts'
import { type ScriptedNode, scriptedEngine } from '../support/fleet/scripted-node.ts'
import { gitIn } from '../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const patience = {
  retryMs: { least: 20, most: 100 },
  lostMs: 5_000,
  stopMs: 2_000,
  endMs: 2_000,
  overtimeMs: 500,
  keyMs: 1_000,
}
const hello = { type: 'hello', protocol: 1, node: 'evil', seat: 'empty', run: 0 } as const
const ran = { kind: 'ran', exit: { kind: 'powered-off' }, stopReason: null } as const
const noWork = { wip: false, also: [], operation: null, markers: { files: [] }, notes: [], unsaved: false } as const

interface Scene {
  readonly root: string
  readonly repo: string
  readonly start: string
}

/** Runs one task at a node that the test speaks for. The repository must be as it was, but for what the task's own ref holds. */
async function atNode(
  hear: (message: ToNode, node: ScriptedNode, scene: Scene) => void | Promise<void>,
  act?: (home: Awaited<ReturnType<typeof startOrchestrator>>, task: Task) => Promise<void>,
  {
    submit,
    caps,
    key,
    provisions,
    ...changed
  }: Partial<Patience & Pick<Engine, 'submit'>> &
    Pick<RunRequest, 'caps'> & { readonly key?: KeyPlace; readonly provisions?: Partial<Provisions> } = {},
): Promise<{ readonly task: Task; readonly scene: Scene; readonly attached: number; readonly home: string }> {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const scene = { root, repo, start: await gitIn(repo, ['rev-parse', 'HEAD']) }
  const engine = scriptedEngine((message, node) => void hear(message, node, scene))
  if (submit) engine.submit = submit
  const place = {
    ...{ name: 'desk', kind: 'ssh', host: 'desk', options: [], command: ['/n', '/p'] },
    ...(key && { key }),
  } as const satisfies Place
  const visited = new VisitedPlaces()
  const setup = {
    ...{ root, guest: 'exit 1', ...(provisions && { provisions }) },
    places: () => ({
      find: async () => ({ ...place, homeKey: '0'.repeat(16) }),
      list: async () => [place],
      room: () => 'free' as const,
      standing: () => undefined,
      problems: async () => [],
      look: (task: Task, signal: AbortSignal) => lookAtPlace(task, visited, signal),
      bringRest: (task: Task, keep: RestWish['keep'], signal: AbortSignal) => {
        if (!task.place) throw new Error('The task has a place')
        const options = { engine, watch: new JobWatch(engine), patience, task, place: task.place, keep }
        return bringRest(options, signal)
      },
      run: (placed: Parameters<typeof runAtPlace>[0]) =>
        runAtPlace(placed, {
          ...{ engine, watch: new JobWatch(engine), patience: { ...patience, ...changed }, visited, near: null },
          onStanding: () => undefined,
        }),
    }),
  }
  await using home = await startOrchestrator(setup)
  const id = await home.orchestrator.run({
    description: 'Do it',
    repo: 'project',
    place: 'desk',
    ...(caps && { caps }),
  })
  await act?.(home, await home.orchestrator.get(id))
  const task = await untilEnded(home.orchestrator, id)
  expect(await gitIn(repo, ['rev-parse', 'HEAD'])).toBe(scene.start)
  expect(await gitIn(repo, ['fsck', '--no-dangling'])).toBe('')
  const refs = (await gitIn(repo, ['for-each-ref', '--format=%(refname)'])).split('\n')
  expect(refs.filter((ref) => ref !== 'refs/heads/main' && !ref.startsWith(`refs/tasks/${id}`))).toEqual([])
  return { task, scene, attached: engine.attached, home: home.home }
}

/** Says what an honest node would, up to the end that the test gives. */
const honestTo =
  (end: (node: ScriptedNode, scene: Scene) => void | Promise<void>) =>
  async (message: ToNode, node: ScriptedNode, scene: Scene): Promise<void> => {
    if (message.type === 'follow') node.say(hello)
    if (message.type === 'prepare') node.say({ type: 'has', commits: [] })
    if (message.type === 'assign') await end(node, scene)
  }

/** A pack of what a repository beside the user's holds beyond the start. */
async function packOf(folder: string, commit: string, start: string): Promise<Buffer> {
  const input = `${commit}\n^${start}\n`
  const { stdout } = await run('git', ['-C', folder, 'pack-objects', '--revs', '--stdout', '-q'], {
    input,
    encoding: 'latin1',
  })
  return Buffer.from(stdout, 'latin1')
}

async function beside({ root, repo }: Scene): Promise<string> {
  const folder = join(await mkdtemp(join(root, 'beside-')), 'clone')
  await gitIn(root, ['clone', '-q', repo, folder])
  return folder
}

test.for<readonly [string, (node: ScriptedNode) => void]>([
  ['a frame of four gigabytes', (node) => node.raw(Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 1]))],
  ['a message longer than any', (node) => node.send(0, Buffer.alloc(300 * 1024, ' '))],
  ['a message of another shape', (node) => node.say({ type: 'done', end: { kind: 'ran' } })],
  ['ten thousand notes', (node) => node.say({ type: 'status', status: statusWith(Array(10_000).fill('note')) })],
  ['bytes on a channel that nobody opened', (node) => node.send(9, Buffer.from('x'))],
  ['a second greeting', (node) => node.say(hello)],
  ['lines for the log of what home let through', (node) => node.send(channels.network, Buffer.from('{}\n'))],
  [
    'an agent that waits, with more to say than may be kept',
    (node) => node.say({ type: 'status', status: { ...statusWith([]), waits: { said: 'x'.repeat(17_000) } } }),
  ],
  [
    'more than any agent remembers',
    (node) => {
      for (let time = 0; time <= 1_024; time += 1) node.send(channels.session, Buffer.alloc(64 * 1024))
    },
  ],
  ['what a clone holds, of which nobody asked', (node) => node.say({ type: 'looked', seen: null })],
  [
    'receipts without end',
    (node) => {
      const read = Array(201).fill({ id: '11111111-0000-4000-8000-000000000000', as: 'answered' })
      node.say({ type: 'status', status: { ...statusWith([]), read } })
    },
  ],
  [
    'ten thousand connections that it was refused',
    (node) => {
      for (let channel = 16; channel < 10_100; channel += 1) node.say({ type: 'dial', channel })
    },
  ],
])('%s ends the task with the reason, and no second visit', async ([, break_]) => {
  const { task, attached } = await atNode(honestTo(break_))
  expect(task.state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: { code: 'interrupted', message: expect.stringContaining('breaks the protocol') },
    },
  })
  expect(attached).toBe(1)
})

const statusWith = (notes: readonly string[]) => ({
  ...{ phase: 'working', why: null, hasMachine: true, hasAgent: true, stopReason: null, notes },
  ...{ waits: null, read: [] },
})

test('an end that nobody gave it a task for is none', async () => {
  const { task } = await atNode((message, node) => {
    if (message.type !== 'follow') return
    node.say({ ...hello, seat: 'empty' })
    node.say({ type: 'done', end: { ...ran, work: { lost: { code: 'internal', message: 'none' } } } })
  })
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'interrupted' } } })
})

test.for<readonly [string, (scene: Scene) => Promise<{ readonly commit: string; readonly pack: Buffer }>]>([
  ['is not among what came', async () => ({ commit: 'a'.repeat(40), pack: Buffer.alloc(0) })],
  [
    'came as no pack',
    async ({ start }) => ({ commit: start.replace(/^./, '0'), pack: Buffer.from('PACK and then nothing') }),
  ],
  [
    "would write into the user's .git",
    async (scene) => {
      const folder = await beside(scene)
      const blob = await gitIn(folder, ['hash-object', '-w', 'flake.nix'])
      const inner = treeOf([['100644', 'config', blob]])
      const tree = await writeTree(folder, treeOf([['40000', '.git', await writeTree(folder, inner)]]))
      const commit = await gitIn(folder, ['commit-tree', '-p', scene.start, '-m', 'Evil', tree])
      return { commit, pack: await packOf(folder, commit, scene.start) }
    },
  ],
  [
    "shares nothing with the task's start",
    async (scene) => {
      const folder = await beside(scene)
      const commit = await gitIn(folder, ['commit-tree', '-m', 'Other', `${scene.start}^{tree}`])
      return { commit, pack: await packOf(folder, commit, scene.start) }
    },
  ],
])('work that %s is refused, and the repository has nothing of it', async ([, make]) => {
  let made = ''
  const { task, scene, home } = await atNode(
    honestTo(async (node, where) => {
      const { commit, pack } = await make(where)
      made = commit
      node.send(channels.result, Buffer.from(successJson))
      for (let at = 0; at < pack.length; at += 60_000) node.send(channels.work, pack.subarray(at, at + 60_000))
      node.say({ type: 'done', end: { ...ran, work: { saved: { ...noWork, commit } } } })
    }),
  )
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'salvage-failed' } } })
  expect((await run('git', ['-C', scene.repo, 'cat-file', '-e', made])).ok).toBe(false)
  expect(await readFile(taskFiles(home, task.id).broughtWork, 'utf8')).toContain(made)
})

test('a checkpoint that holds nothing of what it says leaves nothing, and the task has failed for what came after it', async () => {
  const { task, home } = await atNode(
    honestTo((node) => {
      node.send(channels.work, Buffer.from('PACK, or not'))
      node.say({ type: 'checkpoint', commit: 'a'.repeat(40) })
      node.say(hello)
    }),
  )
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'interrupted' } } })
  expect(task.work).toBeNull()
  expect(await readFile(taskFiles(home, task.id).broughtWork, 'utf8')).toContain('a'.repeat(40))
})

test('what it sends when it is asked for the rest takes the place of nothing that has come', async () => {
  let visits = 0
  let released = 0
  const { task, scene } = await atNode(
    async (message, node, scene) => {
      if (message.type === 'taken') released += 1
      if (message.type === 'follow') visits += 1
      if (visits === 1) {
        return await honestTo(async (each) => {
          const folder = await beside(scene)
          await gitIn(folder, ['commit', '-q', '--allow-empty', '-m', 'Good'])
          const commit = await gitIn(folder, ['rev-parse', 'HEAD'])
          each.send(channels.work, await packOf(folder, commit, scene.start))
          each.say({ type: 'done', end: { ...ran, work: { saved: { ...noWork, commit, unsaved: true } } } })
        })(message, node, scene)
      }
      if (message.type !== 'follow') return
      node.say({ ...hello, seat: 'done' })
      node.send(channels.work, Buffer.from('PACK, or not'))
      node.say({ type: 'dial', channel: 16 })
      node.say({ type: 'done', end: { ...ran, work: { saved: { ...noWork, commit: 'a'.repeat(40) } } } })
    },
    async ({ orchestrator }, { id }) => {
      const ended = await untilEnded(orchestrator, id)
      expect(ended.work).toMatchObject({ unsaved: true, commits: 1 })
      expect(released).toBe(1)
      await expect(orchestrator.merge(id, 'person')).rejects.toMatchObject({ code: 'salvage-failed' })
    },
  )
  expect(visits).toBe(2)
  expect(released).toBe(1)
  expect(task.work).toMatchObject({ unsaved: true, commits: 1 })
  expect(await gitIn(scene.repo, ['rev-parse', `refs/tasks/${task.id}`])).toBe(task.work?.commit)
})

test('what it sends in place of work that was looked at is merged by nobody who has not seen it, and is kept though the link is cut', async () => {
  let visits = 0
  const commits: string[] = []
  const send = async (node: ScriptedNode, scene: Scene, name: string, unsaved: boolean) => {
    const folder = await beside(scene)
    await writeFile(join(folder, name), 'x')
    await gitIn(folder, ['add', '-A'])
    await gitIn(folder, ['commit', '-q', '-m', name])
    const commit = await gitIn(folder, ['rev-parse', 'HEAD'])
    commits.push(commit)
    node.send(channels.work, await packOf(folder, commit, scene.start))
    node.say({ type: 'done', end: { ...ran, work: { saved: { ...noWork, commit, unsaved } } } })
  }
  const { task, scene } = await atNode(
    async (message, node, where) => {
      if (message.type === 'follow') visits += 1
      if (visits === 1) return await honestTo((each) => send(each, where, 'good.txt', true))(message, node, where)
      if (message.type !== 'follow') return
      node.say({ ...hello, seat: 'done' })
      await send(node, where, '.envrc', false)
      setTimeout(() => node.close(), 250) // While the work is imported.
    },
    async ({ orchestrator }, { id }) => {
      await untilEnded(orchestrator, id)
      await expect(orchestrator.merge(id, 'person')).rejects.toMatchObject({ code: 'merge-failed' })
      expect((await orchestrator.get(id)).work).toMatchObject({ commit: commits[1] })
    },
  )
  expect(visits).toBe(2)
  expect(await gitIn(scene.repo, ['rev-parse', `refs/tasks/${task.id}`])).toBe(commits[1])
})

test.for(['client', 'accept', 'moved'] as const)(
  'work that came in part is merged without asking for more: %s',
  async (how) => {
    let visits = 0
    await atNode(
      async (message, node, where) => {
        if (message.type === 'follow') visits += 1
        await honestTo(async (each) => {
          const folder = await beside(where)
          await gitIn(folder, ['commit', '-q', '--allow-empty', '-m', 'Good'])
          const commit = await gitIn(folder, ['rev-parse', 'HEAD'])
          each.send(channels.work, await packOf(folder, commit, where.start))
          each.say({ type: 'done', end: { ...ran, work: { saved: { ...noWork, commit, unsaved: true } } } })
        })(message, node, where)
      },
      async ({ orchestrator }, { id, repoPath }) => {
        const { startCommit } = await untilEnded(orchestrator, id)
        if (how === 'moved') {
          const mended = await gitIn(repoPath, ['commit-tree', '-p', 'HEAD', '-m', 'Mended', 'HEAD^{tree}'])
          await gitIn(repoPath, ['update-ref', `refs/tasks/${id}`, mended])
        }
        const merged =
          how === 'accept' ? orchestrator.reviews.accept(id) : orchestrator.merge(id, how === 'client' ? how : 'person')
        expect(await merged).toMatchObject({ kind: 'merged' })
        expect(await gitIn(repoPath, ['log', '-1', '--format=%s'])).toBe(how === 'moved' ? 'Mended' : 'Good')
        await gitIn(repoPath, ['reset', '-q', '--hard', startCommit ?? ''])
      },
    )
    expect(visits).toBe(1)
  },
)

test('what it says of a task is shown with no control sequence, and a cancel is none that no one here asked for', async () => {
  const { task } = await atNode(
    honestTo((node) => {
      node.say({ type: 'status', status: { ...statusWith(['a \u001b[31mred\nnote']) } })
      const failure = { code: 'cancelled', message: 'gone\u001b]0;title\u0007', hint: 'x\ny' }
      node.say({ type: 'done', end: { kind: 'failed', failure } })
    }),
  )
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'interrupted' } } })
  expect(JSON.stringify(task)).not.toMatch(/\\u001b|\\u0007|red\\n/)
})

test('what it sends for a shell is read by what reads a guest, and what it says of a clone counts where it came', async () => {
  const never = new AbortController().signal
  const seen: unknown[] = []
  let floods = 0
  const { task } = await atNode(
    async (message, node, scene) => {
      await honestTo((each) => each.say({ type: 'status', status: statusWith([]) }))(message, node, scene)
      if (message.type === 'look') {
        node.send(channels.work, Buffer.from('PACK, or not'))
        node.say({ type: 'checkpoint', commit: 'a'.repeat(40) })
        node.say({ type: 'looked', seen: { commit: 'a'.repeat(40), notes: ['a \u001b[31mred note'] } })
      }
      if (message.type !== 'line') return
      floods += 1
      // More than any window, and then another one's channel.
      for (let time = 0; time < 100; time += 1) node.send(message.channel, Buffer.alloc(64 * 1024, 'x'))
      node.send(message.channel + 1, Buffer.from('x'))
      node.say({ type: 'passed', channel: message.channel, bytes: Number.MAX_SAFE_INTEGER })
      node.say({ type: 'end', channel: message.channel })
    },
    async ({ orchestrator }, { id }) => {
      await expect.poll(async () => (await orchestrator.get(id)).state.phase, { timeout: 20_000 }).toBe('working')
      const { attachments, changes } = orchestrator
      for (const look of [
        () => attachments.openShell(id, { rows: 24, columns: 80 }, never),
        () => attachments.connect(id, 80, never),
        () => changes.look(id, never),
      ])
        seen.push(await look().then(String, ({ code }: { code: string }) => code))
      expect((await orchestrator.get(id)).state.phase).toBe('working')
      await orchestrator.cancel(id)
    },
  )
  expect(seen).toEqual(['guest-failed', 'guest-failed', 'salvage-failed'])
  expect(floods).toBe(2)
  expect(task.state).toMatchObject({ outcome: { kind: 'cancelled' } })
})

test('what it says of messages counts for those that were sent, and never goes back', async () => {
  const forged = '11111111-0000-4000-8000-000000000000'
  let sent = ''
  const { task, home } = await atNode(
    async (message, node, scene) => {
      await honestTo((each) => each.say({ type: 'status', status: statusWith([]) }))(message, node, scene)
      if (message.type !== 'message') return
      sent = message.message.id
      const read = [
        { id: sent, as: 'answered' },
        { id: sent, as: 'delivered' },
        { id: forged, as: 'answered' },
      ]
      for (let time = 0; time < 5; time += 1) {
        node.say({ type: 'status', status: { ...statusWith([]), read, waits: { said: 'w'.repeat(10) } } })
        node.say({ type: 'status', status: { ...statusWith([]), read } })
      }
      node.say({ type: 'done', end: { ...ran, work: { lost: { code: 'internal', message: 'none' } } } })
    },
    async ({ orchestrator }, { id }) => {
      await expect.poll(async () => (await orchestrator.get(id)).state.phase, { timeout: 20_000 }).toBe('working')
      await orchestrator.tell(id, 'Once', 'next')
    },
  )
  expect(task.messages).toMatchObject([{ id: sent, state: 'answered' }])
  const events = await readFile(taskFiles(home, task.id).events, 'utf8')
  expect(events).not.toContain(forged)
  expect(events.match(/"messages-read"/g)).toHaveLength(2)
})

test('one that greets and never ends a task that is cancelled holds it for so long and no longer', async () => {
  const { task } = await atNode(
    honestTo((node) => node.say({ type: 'status', status: statusWith([]) })),
    async ({ orchestrator }, { id }) => {
      await expect.poll(async () => (await orchestrator.get(id)).state.phase, { timeout: 20_000 }).toBe('working')
      await orchestrator.cancel(id)
    },
  )
  expect(task.state).toMatchObject({ outcome: { kind: 'cancelled' } })
  expect(task.notes.join('\n')).toContain('did not end the task within 2 s')
})

test('a cancel while a place does not answer is a cancel, however long it has not', async () => {
  const asked = Promise.withResolvers<void>()
  const silent = (_job: unknown, signal: AbortSignal): Promise<never> => {
    asked.resolve()
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  }
  const { task, attached } = await atNode(
    () => undefined,
    async ({ orchestrator }, { id }) => {
      await asked.promise
      await orchestrator.cancel(id)
    },
    { submit: silent, stopMs: 0 },
  )
  expect(task.state).toMatchObject({ outcome: { kind: 'cancelled' } })
  expect(attached).toBe(0)
})

test.for<readonly [string, object]>([
  ['that says so', { type: 'status', status: statusWith([]) }],
  ['of which it says nothing', { type: 'dial', channel: 16 }],
])('a machine %s and that never ends is asked to end after its time, and then left alone', async ([, said]) => {
  const heard: string[] = []
  const { task } = await atNode(
    async (message, node, scene) => {
      heard.push(message.type)
      await honestTo((each) => each.say(said))(message, node, scene)
    },
    undefined,
    { caps: { timeoutMs: 1_000 } },
  )
  expect(heard).toContain('stop')
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'timed-out' } } })
})

test('a program that is too old to take the key is never sent it, and its task says what to do', async () => {
  const heard: string[] = []
  const { task } = await atNode(
    (message, node) => {
      heard.push(message.type)
      if (message.type === 'follow') node.say(hello)
    },
    undefined,
    { key: 'node' },
  )
  expect(heard).toEqual(['follow'])
  expect(task.state).toMatchObject({
    outcome: { kind: 'failed', failure: { code: 'host-incomplete', hint: expect.stringContaining('places add desk') } },
  })
})

test('a program that is too old for servers of the user’s own Claude Code is given no task with them', async () => {
  const heard: string[] = []
  const { task } = await atNode(
    (message, node, scene) => {
      heard.push(message.type)
      return honestTo(() => undefined)(message, node, scene)
    },
    undefined,
    {
      provisions: {
        claudeHome: { files: [{ path: 'mcp-servers/a.json', text: '{}', executable: false }], leftOut: [] },
      },
    },
  )
  expect(heard).toContain('prepare')
  expect(heard).not.toContain('assign')
  expect(task.state).toMatchObject({
    outcome: { kind: 'failed', failure: { code: 'host-incomplete', hint: expect.stringContaining('places add desk') } },
  })
})

/** A tree as git stores it, whatever its names. */
const treeOf = (entries: readonly (readonly [string, string, string])[]): Buffer =>
  Buffer.concat(
    entries.map(([mode, name, id]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')])),
  )

async function writeTree(folder: string, tree: Buffer): Promise<string> {
  const path = join(await mkdtemp(join(folder, '.git', 'tree-')), 'tree')
  await writeFile(path, tree)
  return await gitIn(folder, ['hash-object', '-t', 'tree', '-w', '--literally', path])
}
