import { join } from 'node:path'
import type { MergeRequestSchema } from '@gitbeaker/core'
import { expect, test } from 'vitest'
import type { ForgeKind } from '../../../main/core/pull-request.ts'
import { pushBranch } from '../../../main/git/remote/push-branch.ts'
import { remoteBranches } from '../../../main/git/remote/remote-branches.ts'
import { forgeAccess } from '../../../main/integrations/requests/forge-access.ts'
import { forgeAddress } from '../../../main/integrations/requests/forge-address.ts'
import { forgeClients } from '../../../main/integrations/requests/forge-clients.ts'
import type { mergeRequestSchema } from '../../../main/integrations/requests/gitlab.ts'
import { addSecret } from '../../../main/settings/secrets/secrets.ts'
import { answerLost, answers, type Dialect, forgeServer, token } from '../../support/forges/forge-server.ts'
import { giteaDialect } from '../../support/forges/gitea-dialect.ts'
import { githubDialect } from '../../support/forges/github-dialect.ts'
import { gitlabDialect } from '../../support/forges/gitlab-dialect.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { secretOf } from '../../support/web/secret-upstream.ts'

/** The compiler holds that whatever the client library has as a merge request is read here. */
export const asPublished = (request: MergeRequestSchema): Omit<(typeof mergeRequestSchema)['_input'], 'state'> =>
  request

const dialects = {
  github: { dialect: githubDialect, shown: `Bearer ${token}`, taken: 422 },
  gitlab: { dialect: gitlabDialect, shown: `Bearer ${token}`, taken: 409 },
  gitea: { dialect: giteaDialect, shown: `token ${token}`, taken: 409 },
} satisfies Record<ForgeKind, { dialect: Dialect; shown: string; taken: number }>

test.for(Object.keys(dialects) as ForgeKind[])(
  '%s is asked as its description says, and never twice for one branch',
  async (kind) => {
    const { dialect, shown, taken } = dialects[kind]
    const root = await temporaryFolder()
    const repo = join(root, 'project')
    await makeRepository(repo)
    const server = await forgeServer(root, dialect, ({ headers }) => headers.authorization === shown)
    await gitIn(repo, ['push', '--quiet', server.bare, 'main'])
    const commit = await commitFiles(repo, { 'a.txt': 'a\n' })
    await addSecret(root, secretOf({ name: 'FORGE', host: '127.0.0.1', port: server.port, repositories: [] }), token)
    const address = forgeAddress(kind, server.remote)
    if (typeof address === 'string') throw new Error(address)
    const access = await forgeAccess(root, { kind, ...address, secret: 'FORGE' }, new Map())
    const client = forgeClients[kind](access.api, address.project)
    const { signal } = new AbortController()

    const branch = 'microvm/a1b2c3d4'
    expect(await client.find(branch, signal)).toEqual([])
    const push = { branch, commit, from: null }
    expect(await pushBranch(repo, access.git, push)).toEqual({ kind: 'pushed' })
    expect(await pushBranch(repo, access.git, { ...push, commit: `${commit}^` })).toEqual({ kind: 'moved' })
    expect(await remoteBranches(repo, access.git, ['main', branch, 'none'])).toEqual(
      new Map([
        ['main', await server.tip('main')],
        [branch, commit],
      ]),
    )
    if (kind === 'gitlab') {
      // Of a fork whose branch has the same name.
      server.requests.push({
        number: 1,
        title: '',
        body: '',
        head: branch,
        base: 'main',
        state: 'open',
        sha: commit,
        isOfFork: true,
      })
      expect(await client.find(branch, signal)).toEqual([])
      server.requests.pop()
    }
    // Others' requests before and after.
    const wish = { title: 'Add a', body: 'A body', branch, target: 'main' }
    await server.open({ title: 'Before', body: '', head: 'main', base: 'main' })
    server.faults.push(answerLost)
    await expect(client.open(wish, signal)).rejects.toThrow(/cannot be reached/)
    for (const title of ['After', 'And after']) await server.open({ title, body: '', head: 'main', base: 'main' })
    await expect(client.open(wish, signal)).rejects.toMatchObject({ status: taken })
    const [found, ...others] = await client.find(branch, signal)
    expect(others).toEqual([])
    expect(found).toMatchObject({ number: 12, state: 'open', commit })
    expect(found?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/team\/project\/.*12$/)
    expect(server.requests.find(({ number }) => number === 12)).toMatchObject({
      title: 'Add a',
      body: 'A body',
      base: 'main',
    })

    const checks = async () => await client.checks({ number: 12, commit }, signal)
    expect(await checks()).toEqual({ state: 'none' })
    server.checks.set('lint', 'passed')
    server.checks.set('build', 'running')
    expect(await checks()).toEqual({ state: 'running' })
    server.checks.set('build', 'failed')
    expect(await checks()).toEqual({ state: 'failed', failed: [kind === 'gitlab' ? 'pipeline 71' : 'build'] })
    server.checks.set('build', 'passed')
    expect(await checks()).toEqual({ state: 'passed' })

    expect(await client.comments(12, signal)).toEqual([])
    server.said.push(
      { id: 7, as: 'comment', author: 'rita', text: 'Nice' },
      { id: 7, as: 'review', author: 'rita', text: 'Not yet' },
      { id: 9, as: 'line', author: 'otto', text: 'Why?' },
    )
    const comments = await client.comments(12, signal)
    const changes = { github: 'changes requested: Not yet', gitlab: 'Not yet', gitea: 'request changes: Not yet' }[kind]
    expect(comments).toMatchObject([
      { author: 'rita', text: 'Nice', path: null },
      { author: 'rita', text: changes, path: null },
      { author: 'otto', text: 'Why?', path: 'a.txt' },
    ])

    const states = []
    for (const state of ['open', 'open', 'closed', 'merged'] as const) {
      for (const request of server.requests) if (request.number === 12) request.state = state
      states.push((await client.look(12, signal)).state)
    }
    expect(states).toEqual(['open', 'open', 'closed', 'merged'])
    expect(server.asked.filter((each) => each === '304').length).toBeGreaterThan(0)
    server.faults.push(answers(429, { 'retry-after': '7' }, JSON.stringify({ message: [`not ${token}`], error: 'x' })))
    const refused = await client.look(12, signal).catch((error: unknown) => error)
    expect(refused).toMatchObject({ status: 429, notBefore: expect.any(Number) })
    expect(String(refused)).not.toContain(token)
    await expect(client.look(99, signal)).rejects.toMatchObject({ status: 404 })
    expect(server.violations).toEqual([])
  },
)
