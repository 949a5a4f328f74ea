import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { components } from '@octokit/openapi-types'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { eventView } from '../../../main/api/views.ts'
import type { Forge } from '../../../main/core/pull-request.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { hookMessage } from '../../../main/integrations/hooks/hook-message.ts'
import { forgeAddress } from '../../../main/integrations/requests/forge-address.ts'
import type { pullSchema } from '../../../main/integrations/requests/github.ts'
import { RequestKeeper } from '../../../main/integrations/requests/request-keeper.ts'
import { setForge } from '../../../main/settings/forges.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { addSecret } from '../../../main/settings/secrets/secrets.ts'
import type { LoggedEvent } from '../../../main/tasks/events/logged-event.ts'
import { readPullRequest } from '../../../main/tasks/record/pull-request-file.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { answerLost, answers, forgeServer, project, token } from '../../support/forges/forge-server.ts'
import { githubDialect } from '../../support/forges/github-dialect.ts'
import { commitFiles, gitIn } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'
import { secretOf } from '../../support/web/secret-upstream.ts'

/** The compiler holds that whatever the published description has as a pull request is read here. */
export const asPublished = (
  pull: components['schemas']['pull-request'] | components['schemas']['pull-request-simple'],
): Omit<z.input<typeof pullSchema>, 'state'> => pull

/** Each run of its agent adds a file, the first one under the name that the task says; the result calls people and closes issues. */
const guest = `
set -e
cd $REPO
name=$(tail -n 1 $SHARE/task.md)
if [ -e "$name" ]; then name="more-$name"; fi
mkdir -p "$(dirname "$name")"; echo "$name" >"$name"
git add -A; git commit -q -m "Add $name"
echo '${JSON.stringify({ ...JSON.parse(successJson), summary: 'Done, @octocat. Fixes #12 and\n/close\n```\n@team/all' })}' > $SHARE/result.json
`

/** A repository under review whose remote is a forge, with the orchestrator as it is but for its machines. */
async function world() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const home = join(root, 'home')
  await registerRepository(home, { path: repo, merge: 'review' })
  const server = await forgeServer(root, githubDialect, ({ headers }) => headers.authorization === `Bearer ${token}`)
  await gitIn(repo, ['remote', 'add', 'origin', server.bare])
  await gitIn(repo, ['push', '--quiet', 'origin', 'main'])
  await addSecret(home, secretOf({ name: 'FORGE', host: '127.0.0.1', port: server.port, repositories: [] }), token)
  const address = forgeAddress('github', server.remote)
  if (typeof address === 'string') throw new Error(address)
  const forge: Forge = {
    ...{ repoPath: repo, kind: 'github', ...address, remote: 'origin', target: null, secret: 'FORGE' },
    added: new Date().toISOString(),
  }
  await setForge(home, forge)
  const log = recordingLog()
  const setup = await startOrchestrator({ root, guest, log: log.log })
  const { orchestrator, events } = setup
  const start = () =>
    RequestKeeper.start({
      home,
      tasks: Object.assign(orchestrator, { events }),
      log: log.log,
      everyMs: 20,
      pauses: [1],
    })
  const run = async (description: string): Promise<TaskId> => {
    const id = await orchestrator.run({ description, repo: 'project', owner: 'client:me' })
    await untilEnded(orchestrator, id)
    return id
  }
  const record = (id: TaskId) => readPullRequest(taskFiles(home, id))
  const news = () =>
    events.read(0).flatMap((each) => (each.type === 'pull_request' ? [`${each.what} ${each.number}`] : []))
  /** Everything that the host wrote down. */
  const written = async () => {
    const found = await gitIn(root, [
      'grep',
      '--no-index',
      '-lF',
      '-e',
      token,
      '-e',
      Buffer.from(`x-access-token:${token}`).toString('base64'),
      '--',
      '.',
    ]).catch(() => '')
    return found.split('\n').filter((each) => each !== '' && each !== 'home/secrets.json')
  }
  return {
    ...{ root, repo, home, server, forge, log, orchestrator, events, start, run, record, news, written },
    [Symbol.asyncDispose]: () => setup[Symbol.asyncDispose](),
  }
}

test('work that waits is pushed and asked for once, goes on there, and is settled here when the branch has it', async () => {
  await using at = await world()
  const { server, repo } = at
  await using _keeper = at.start()
  const id = await at.run('Add a greeting, @octocat: it resolves #7\na.txt')
  await until(() => at.news().length > 0)
  const commit = await gitIn(repo, ['rev-parse', `refs/tasks/${id}`])
  expect(await server.tip(`microvm/${id}`)).toBe(commit)
  expect(server.requests).toHaveLength(1)
  const [request] = server.requests
  expect(request).toMatchObject({ number: 11, head: `microvm/${id}`, base: 'main', sha: commit })
  expect(request?.title).toBe('Add a greeting, @ octocat: it resolves # 7')
  expect(request?.body).toContain('````text\nDone, @ octocat. Fixes # 12 and\n/ close\n```\n@ team/all\n````')
  expect(request?.body).toMatch(
    new RegExp(`\nTask: ${id}\nAgent: Claude Code\nCo-authored-by: Claude Task \\(${id}\\) <`),
  )
  expect(await gitIn(server.bare, ['for-each-ref', '--format=%(refname)'])).toBe(
    `refs/heads/main\nrefs/heads/microvm/${id}`,
  )
  expect(new Set(server.users)).toEqual(new Set(['x-access-token']))

  await at.orchestrator.continue(id, { text: 'Add more' })
  await until(async () => (await server.tip(`microvm/${id}`)) !== commit)
  const later = await gitIn(repo, ['rev-parse', `refs/tasks/${id}`])
  expect(await server.tip(`microvm/${id}`)).toBe(later)
  expect(server.requests).toHaveLength(1)

  // What checks and people say comes as events, in words that are seen.
  await until(async () => (await at.record(id))?.brought === later)
  server.checks.set('build', 'failed')
  await until(() => at.news().includes('checks_failed 11'))
  server.said.push({ id: 5, as: 'line', author: 'rita', text: 'Why\u200b so?' })
  await until(() => at.news().includes('commented 11'))
  const heard = at.events.read(0).flatMap((each) => (each.type === 'pull_request' && each.said ? [each] : []))
  expect(heard.map((event) => eventView({ event, pending: 0 }))).toMatchObject([
    { type: 'pull_request', what: 'checks_failed', commit: later, said: 'build' },
    { type: 'pull_request', what: 'commented', said: 'rita on a.txt: Why⟪U+200B⟫ so?' },
  ])
  expect(hookMessage(heard[1] as LoggedEvent, 'Add a greeting')).toMatchObject({
    ...{ kind: 'pull-request', title: 'project: its pull request 11 was commented: Add a greeting' },
    text: expect.stringMatching(/\/pull\/11\nrita on a\.txt: Why⟪U\+200B⟫ so\?$/),
  })

  // Squashed there, and fetched by the user: the task's own commits are nowhere on the branch.
  await until(() => server.asked.includes('304'))
  const before = await gitIn(repo, ['rev-parse', 'main'])
  if (request) request.state = 'merged'
  await until(() => at.news().includes('merged 11'))
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(before)
  expect((await at.orchestrator.get(id)).merge).toMatchObject({ kind: 'unmerged', reason: 'awaiting_review' })
  const squashed = await commitFiles(repo, { 'a.txt': 'a.txt\n', 'more-a.txt': 'more-a.txt\n' }, 'Add both (#11)')
  await until(async () => (await at.orchestrator.get(id)).merge?.kind === 'unchanged')
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(squashed)
  expect(at.news()).toEqual(['opened 11', 'checks_failed 11', 'commented 11', 'merged 11'])
  expect(server.violations).toEqual([])
  expect(await at.written()).toEqual([])
  expect(JSON.stringify(at.log.lines)).not.toContain(token)
})

test('an answer that was lost, errors, limits and crashes leave one request, which is told once', async () => {
  await using at = await world()
  const { server } = at
  const first = at.start()
  server.faults.push(
    answers(502),
    answers(403, { 'retry-after': '0' }, JSON.stringify({ message: `limit of ${token}` })),
    answers(301, { location: 'http://127.0.0.1:9/stolen' }),
    answers(200, {}, '{"not": "a list"}'),
  )
  const id = await at.run('c.txt')
  await until(() => server.faults.length === 0)
  await until(() => at.news().length > 0)
  await first[Symbol.asyncDispose]()
  expect(server.requests).toHaveLength(1)

  // The next task's request is opened, its answer lost, and the server ends before it asks again.
  const crashing = await at.run('d.txt')
  server.faults.push(
    (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
    answerLost,
  )
  const second = at.start()
  await until(() => server.requests.length === 2)
  await second[Symbol.asyncDispose]()
  // All but the record is there, as after a crash right before it was written.
  await writeFile(
    taskFiles(at.home, id).pullRequest,
    JSON.stringify({ ...(await at.record(id)), request: null, brought: null }),
  )
  await using _third = at.start()
  await until(async () => (await at.record(crashing))?.request !== null && (await at.record(id))?.request !== null)
  expect(server.requests).toHaveLength(2)
  expect(at.news().toSorted()).toEqual(['opened 11', 'opened 12'])
  expect(server.violations).toEqual([])
  expect(await at.written()).toEqual([])
})

test('a forge that does not answer holds up no other one', async () => {
  await using at = await world()
  const { server, home, root } = at
  const other = await registeredRepository(root, 'other')
  await registerRepository(home, { path: other, merge: 'review' })
  const second = await forgeServer(join(root, 'second'), githubDialect, () => true)
  await gitIn(other, ['remote', 'add', 'origin', second.bare])
  await gitIn(other, ['push', '--quiet', 'origin', 'main'])
  await addSecret(home, secretOf({ name: 'SECOND', host: '127.0.0.1', port: second.port, repositories: [] }), token)
  const address = forgeAddress('github', second.remote)
  if (typeof address === 'string') throw new Error(address)
  await setForge(home, { ...at.forge, ...address, repoPath: other, secret: 'SECOND' })
  const held = Promise.withResolvers<void>()
  server.faults.push(async (response) => {
    held.resolve()
    await new Promise((resolve) => response.once('close', resolve)) // It ends with the server.
  })
  await using _keeper = at.start()
  const id = await at.run('Add a greeting\na.txt')
  await held.promise
  const elsewhere = await at.orchestrator.run({ description: 'Add a greeting\nb.txt', repo: 'other' })
  await untilEnded(at.orchestrator, elsewhere)
  await until(() => second.requests.length === 1)
  await until(async () => (await at.record(elsewhere))?.request?.number === 11)
  expect((await at.record(id))?.request ?? null).toBeNull()
  expect(server.requests).toHaveLength(0)
})

test("what is not the task's own is neither published nor replaced, and a request that was closed is left alone", async () => {
  await using at = await world()
  const { server, repo } = at
  // A commit of the user's that the remote does not have.
  await commitFiles(repo, { 'mine.txt': 'mine\n' }, 'Not for others yet')
  await using _keeper = at.start()
  const id = await at.run('e.txt')
  await until(async () => (await at.record(id))?.problem?.includes('1 commit of yours is not at origin yet') ?? false)
  expect(await server.tip(`microvm/${id}`)).toBeNull()
  await gitIn(repo, ['push', '--quiet', 'origin', 'main'])
  await until(() => at.news().includes('opened 11'))

  // Somebody goes on at the branch: what comes next from here does not replace that.
  const other = await gitIn(repo, [
    'commit-tree',
    '-p',
    `refs/tasks/${id}`,
    '-m',
    'By a reviewer',
    `refs/tasks/${id}^{tree}`,
  ])
  await gitIn(repo, ['push', '--quiet', 'origin', `${other}:refs/heads/microvm/${id}`])
  await at.orchestrator.continue(id, { text: 'Add more' })
  await until(async () => (await at.record(id))?.problem?.includes('has commits that are not the task') ?? false)
  expect(await server.tip(`microvm/${id}`)).toBe(other)

  // Closed by hand, and its branch deleted.
  await gitIn(server.bare, ['update-ref', '-d', `refs/heads/microvm/${id}`])
  await until(() => at.news().includes('opened 12'))
  await gitIn(server.bare, ['update-ref', '-d', `refs/heads/microvm/${id}`])
  await until(() => at.news().includes('closed 12'))
  expect(await server.tip(`microvm/${id}`)).toBeNull()

  const pipeline = await at.run('.github/workflows/steal.yml')
  await until(
    async () => (await at.record(pipeline))?.problem?.includes('It changes .github/workflows/steal.yml') ?? false,
  )
  expect(await server.tip(`microvm/${pipeline}`)).toBeNull()
  // The person lets it go.
  await gitIn(repo, ['push', '--quiet', 'origin', `refs/tasks/${pipeline}:refs/heads/microvm/${pipeline}`])
  await until(() => at.news().includes('opened 13'))
  expect(server.violations).toEqual([])
})

test('a damaged record, a secret of another host and a missing one keep no task from its end', async () => {
  await using at = await world()
  await setForge(at.home, { ...at.forge, secret: 'GONE' })
  const keeper = at.start()
  const id = await at.run('g.txt')
  await until(async () => (await at.record(id))?.problem?.includes("There is no secret 'GONE'") ?? false)
  await addSecret(at.home, secretOf({ name: 'GONE', host: 'example.test' }), token)
  await until(
    async () => (await at.record(id))?.problem?.includes('is for example.test, and not for 127.0.0.1') ?? false,
  )
  expect(at.server.asked).toEqual([])
  expect(at.server.users).toEqual([])
  await keeper[Symbol.asyncDispose]()
  await writeFile(taskFiles(at.home, id).pullRequest, '{')
  await using _next = at.start()
  await until(() => JSON.stringify(at.log.lines).includes('could not be looked after'))
  expect((await at.orchestrator.get(id)).merge).toMatchObject({ reason: 'awaiting_review' })
  expect(await readFile(join(at.home, 'forges.json'), 'utf8')).toContain(project)
})
