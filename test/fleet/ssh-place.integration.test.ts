import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sshEngine } from '../../main/fleet/ssh/ssh-engine.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { findPlace } from '../../main/settings/places.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { expectEngineContract, expectUnreachable } from '../support/fleet/engine-contract.ts'
import { atSsh } from '../support/fleet/job.ts'
import { placeScene } from '../support/fleet/placed.ts'
import { gitIn } from '../support/git/repositories.ts'
import { processImage } from '../support/machines/process-driver.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const seatsOf = ({ node }: { readonly node: string }) =>
  expect.poll(() => readdir(join(node, 'seats')), { timeout: 30_000 })

test('a task runs on another machine, its console and stream come home, and its work is merged', async () => {
  await using scene = await placeScene(() =>
    guestThatCommits(
      'greeting.txt',
      'echo "said on the console"; echo \'{"type":"system"}\' >$SHARE/claude-stream.jsonl',
    ),
  )
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run({ description: 'Write a greeting', repo: 'project', place: 'desk' })
  const task = await untilEnded(home.orchestrator, id)

  expect(task.state).toMatchObject({ phase: 'finished', slot: null, outcome: { kind: 'merged' } })
  expect(task.guestImage).toBe(processImage)
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:greeting.txt'])).toBe('from Write a greeting')
  const files = taskFiles(home.home, id)
  expect(await readFile(files.console, 'utf8')).toContain('said on the console')
  expect(await readFile(files.stream, 'utf8')).toContain('"type":"system"')
  expect(task.result?.summary).toBe('Done.')
  expect(task.notes).toEqual([])
  expect(home.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toEqual([])
  await seatsOf(scene).toEqual([])
})

test('what an agent left uncommitted and beside its branch comes home too, and waits with a failed task', async () => {
  const guest = `
touch $SHARE/started; rm -f $SHARE/.api-key; cd $REPO
git checkout -q -b aside; echo aside >aside.txt; git add -A; git commit -q -m "Aside"
git checkout -q -; echo line >line.txt; git add -A; git commit -q -m "On the line"
echo loose >loose.txt
echo '{"success":false,"summary":"","files_changed":[],"commits":1,"error":"it did not work"}' >$SHARE/result.json
`
  await using scene = await placeScene(() => guest)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run({ description: 'Try', repo: 'project', place: 'desk' })
  const task = await untilEnded(home.orchestrator, id)

  expect(task.state).toMatchObject({
    outcome: { kind: 'failed', failure: { message: expect.stringContaining('it did not work') } },
  })
  expect(task.work).toMatchObject({
    ref: `refs/tasks/${id}`,
    commits: 1,
    wip: true,
    filesChanged: ['line.txt', 'loose.txt'],
  })
  expect(await gitIn(scene.repo, ['show', `refs/tasks/${id}:loose.txt`])).toBe('loose')
  const [also] = task.work?.also ?? []
  expect(await gitIn(scene.repo, ['show', `${also?.ref}:aside.txt`])).toBe('aside')
})

test("a guest asks its API through home's gateway: the key is nowhere on the node", async () => {
  const key = 'sk-ant-the-real-key-of-the-user'
  const asked: string[] = []
  const api = createServer((request, response) => {
    asked.push(String(request.headers['x-api-key']))
    response.end('the answer of the API')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => api.once('listening', resolve))
  const { port } = api.address() as AddressInfo
  const ask =
    'curl -sS --unix-socket "$GATEWAY" -H "x-api-key: $(cat $SHARE/.api-key 2>/dev/null)" http://gateway/v1/models >answer.txt'
  await using scene = await placeScene(
    () => `${ask.replace('>answer.txt', '>/dev/null')}\n${guestThatCommits('greeting.txt', ask)}`,
  )
  await using home = await startOrchestrator({
    ...scene.setup,
    provisions: {
      key: { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-a-stand-in' },
      gateway: {
        hosts: [],
        api: { url: `http://127.0.0.1:${port}`, credential: { header: 'x-api-key', key }, serverTools: 'allow' },
      },
    },
  })
  const id = await home.orchestrator.run({ description: 'Ask', repo: 'project', place: 'desk' })
  const task = await untilEnded(home.orchestrator, id)
  api.close()

  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:answer.txt'])).toBe('the answer of the API')
  expect(asked).toEqual([key, key])
  expect((await run('grep', ['-r', '-l', key, scene.node])).stdout).toBe('')
  expect(await readFile(taskFiles(home.home, id).network, 'utf8')).toContain('"verdict":"api"')
})

test('the second task of a repository is sent what is new since the first alone', async () => {
  await using scene = await placeScene(() => guestThatCommits('$(cat $SHARE/task.md).txt'))
  await using home = await startOrchestrator(scene.setup)
  for (const description of ['one', 'two']) {
    const id = await home.orchestrator.run({ description, repo: 'project', place: 'desk' })
    expect((await untilEnded(home.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  }
  const stores = await readdir(join(scene.node, 'repositories'))
  expect(stores).toHaveLength(1)
  const packs = join(scene.node, 'repositories', stores[0] ?? '', 'objects', 'pack')
  const indexes = (await readdir(packs)).filter((name) => name.endsWith('.idx'))
  expect(indexes).toHaveLength(2)
  const ids = await Promise.all(
    indexes.map(async (name) => {
      const { stdout } = await run('git', ['show-index'], { input: await readFile(join(packs, name)) })
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1])
    }),
  )
  expect(new Set(ids.flat()).size).toBe(ids.flat().length)
})

test('ssh keeps the promises of an engine', async () => {
  await using scene = await placeScene(() => 'exit 1')
  const place = atSsh(await findPlace(join(scene.root, 'home'), 'desk'))
  await expectEngineContract((home) => sshEngine(place, home))
  scene.sshd.cut()
  await expectUnreachable(sshEngine(place, '0123456789abcdef'))
})
