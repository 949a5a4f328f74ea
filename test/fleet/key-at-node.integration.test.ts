import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { runRoots } from '../../main/machines/run-root.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import type { Provisions } from '../../main/tasks/slots/provisions.ts'
import { toWork } from '../support/fleet/at-work.ts'
import { type PlaceScene, placeScene } from '../support/fleet/placed.ts'
import { gitIn } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const key = 'sk-ant-the-real-key-of-the-user'
const place = { description: 'Ask', repo: 'project', place: 'desk' } as const
const standIn = { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-a-stand-in' } as const

/** An API that notes the keys with which it is asked. */
async function startApi() {
  const keys: string[] = []
  const server = createServer((request, response) => {
    keys.push(String(request.headers['x-api-key']))
    response.end(`answer ${keys.length}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const provisions = (credential: string): Pick<Provisions, 'key' | 'gateway'> => ({
    key: standIn,
    gateway: {
      hosts: [],
      api: {
        url: `http://127.0.0.1:${port}`,
        credential: { header: 'x-api-key', key: credential },
        serverTools: 'allow',
      },
    },
  })
  return { keys, provisions, [Symbol.dispose]: () => void server.close() } as const
}

const ask = 'curl -sS --retry 50 --retry-all-errors --retry-delay 0 --unix-socket "$GATEWAY" http://gateway/v1/models'
const waitFor = (root: string, name: string) => `until [ -e ${root}/${name} ]; do sleep 0.05; done`
const mark = ({ root }: PlaceScene, name: string) => writeFile(join(root, name), '')
const seatOf = async ({ node }: PlaceScene) => join(node, 'seats', (await readdir(join(node, 'seats')))[0] ?? '')

/** Where the key is on this computer, but for the memory of processes: files of the place and of machines, environments, and arguments. */
async function whereIs(text: string, { root }: PlaceScene): Promise<readonly string[]> {
  const folders = [root, ...runRoots()]
  const inFiles = await run('grep', ['-rlaIs', '--devices=skip', '-e', text, ...folders])
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const told = processes.flatMap((pid) => [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`])
  const inProcesses = await run('grep', ['-las', '-e', text, ...told])
  const found = [inFiles, inProcesses].flatMap(({ stdout }) => stdout.split('\n').filter(Boolean))
  // The search itself has the text among its arguments.
  return found.filter((path) => !path.startsWith(`/proc/${process.pid}/`))
}

test('with the key at the node a task goes on and ends while home is away, and the key is on no disk there and in no environment', async () => {
  using api = await startApi()
  await using scene = await placeScene(
    (root) =>
      guestThatCommits(
        'greeting.txt',
        `${ask} >one.txt; touch ${root}/asked; ${waitFor(root, 'cut')}; ${ask} >two.txt`,
      ),
    { key: 'node' },
  )
  await using home = await startOrchestrator({ ...scene.setup, provisions: api.provisions(key) })
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id, soon)
  await expect.poll(() => readdir(scene.root), soon).toContain('asked')
  await expect.poll(() => readFile(taskFiles(home.home, id).network, 'utf8'), soon).toContain('"verdict":"api"')
  expect((await run('pgrep', ['-f', `gateway.*${id}`])).stdout).not.toBe('')
  expect(await whereIs(key, scene)).toEqual([])
  // A key that lay there would be found.
  await writeFile(join(scene.node, 'planted'), key)
  expect(await whereIs(key, scene)).toEqual([join(scene.node, 'planted')])
  await writeFile(join(scene.node, 'planted'), '')

  scene.sshd.cut()
  await mark(scene, 'cut')
  const seat = await seatOf(scene)
  await expect.poll(() => readdir(seat), soon).toContain('end.json')
  expect(await whereIs(key, scene)).toEqual([])
  expect((await home.orchestrator.get(id)).exit).toBeNull()
  scene.sshd.mend()
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:two.txt'])).toBe('answer 2')
  expect(api.keys).toEqual([key, key])
  expect((await readFile(taskFiles(home.home, id).network, 'utf8')).match(/"verdict":"api"/g)).toHaveLength(2)
  await expect.poll(() => readdir(join(scene.node, 'seats')), soon).toEqual([])
})

test('a key that was changed reaches a node, and so does the key a keeper that takes the place of one that died', async () => {
  using api = await startApi()
  await using scene = await placeScene(
    (root) =>
      guestThatCommits(
        'greeting.txt',
        `${ask} >one.txt; touch ${root}/asked; ${waitFor(root, 'changed')}; ${ask} >two.txt; touch ${root}/again; ${waitFor(root, 'killed')}; ${ask} >three.txt`,
      ),
    { key: 'node' },
  )
  let now = key
  const setup = {
    ...scene.setup,
    provisions: {
      key: standIn,
      get gateway() {
        return api.provisions(now).gateway ?? { hosts: [], api: null }
      },
    },
  }
  await using home = await startOrchestrator(setup)
  const id = await home.orchestrator.run(place)
  await expect.poll(() => readdir(scene.root), soon).toContain('asked')
  now = 'sk-ant-the-next-key'
  // The gateway that has it is another process.
  const gateway = async () => (await run('pgrep', ['-o', '-f', `gateway.*${id}`])).stdout.trim()
  const first = await gateway()
  await expect.poll(gateway, soon).not.toBe(first)
  await mark(scene, 'changed')
  await expect.poll(() => readdir(scene.root), soon).toContain('again')
  const seat = await seatOf(scene)
  process.kill(JSON.parse(await readFile(join(seat, 'keeper.json'), 'utf8')).pid, 'SIGKILL')
  await mark(scene, 'killed')
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(api.keys).toEqual([key, now, now])
})

test('a limit of tokens ends a task whose key is at the node while home is away', async () => {
  using api = await startApi()
  const usage = { input_tokens: 200, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }
  const line = JSON.stringify({ type: 'assistant', message: { id: 'a', usage } })
  await using scene = await placeScene(
    (root) =>
      guestThatCommits(
        'greeting.txt',
        `echo draft >draft.txt; ${waitFor(root, 'cut')}; echo '${line}' >>$SHARE/claude-stream.jsonl; sleep 600`,
      ),
    { key: 'node' },
  )
  await using home = await startOrchestrator({ ...scene.setup, provisions: api.provisions(key) })
  const id = await home.orchestrator.run({ ...place, caps: { maxTokens: 100 } })
  await toWork(home.orchestrator, id, soon)
  scene.sshd.cut()
  await mark(scene, 'cut')
  const seat = await seatOf(scene)
  await expect.poll(() => readdir(seat), soon).toContain('end.json')
  scene.sshd.mend()
  const { state } = await untilEnded(home.orchestrator, id)
  expect(state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'token-limit' } } })
  expect(await gitIn(scene.repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
})
