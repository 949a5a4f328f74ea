import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { newTask } from '../../../main/core/task/transition.ts'
import type { MachineSpec } from '../../../main/machines/driver.ts'
import { type AgentParts, agentInputs } from '../../../main/tasks/slots/agent-inputs.ts'
import type { Provisions } from '../../../main/tasks/slots/provisions.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { identity } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

afterEach(() => {
  vi.useRealTimers()
})

const gateway: NonNullable<Provisions['gateway']> = {
  hosts: [],
  api: { url: 'http://127.0.0.1:9', credential: { header: 'x-api-key', key: 'of the user' }, serverTools: 'refuse' },
}

/** A task as it is when its machine is given to it, and what it is given. */
async function parts(): Promise<AgentParts & { readonly repo: string; readonly flake: string }> {
  const root = await temporaryFolder()
  const [repo, flake] = [join(root, 'project'), join(root, 'flake')]
  await makeRepository(repo)
  await gitIn(repo, ['branch', 'other'])
  await mkdir(flake)
  await writeFile(join(flake, 'flake.nix'), '{}')
  const task = newTask({ ...identity(repo), environment: { kind: 'folder', path: flake } }, join(root, 'home'))
  const spec: MachineSpec = {
    ...{ name: task.id, owner: root, cpus: 1, memoryMiB: 64, shares: [], volumes: [], consolePath: '/console' },
    network: { egress: 'closed', forwards: [], mac: '02:00:00:00:00:01' },
  }
  const provisions: Provisions = {
    key: { variable: 'ANTHROPIC_API_KEY', value: 'stand-in' },
    ...{ variables: { EXTRA: 'one' }, egress: 'closed', forwards: [], gateway },
    claudeHome: { files: [{ path: 'CLAUDE.md', text: 'Be brief', executable: false }], leftOut: [] },
  }
  return { task, provisions, spec, repo, flake }
}

type Parts = Awaited<ReturnType<typeof parts>>
const withTask = (given: Parts, task: Partial<Task>): Parts => ({ ...given, task: { ...given.task, ...task } })
const withProvisions = (given: Parts, provisions: Partial<Provisions>): Parts => ({
  ...given,
  provisions: { ...given.provisions, ...provisions },
})
const file = (path: string, text: string, executable = false) => ({ files: [{ path, text, executable }], leftOut: [] })

/** Each thing that an agent finds when it is loaded, otherwise than before. */
const other: Readonly<Record<string, (given: Parts) => Parts | Promise<Parts>>> = {
  'another commit': async (given) => {
    await gitIn(given.repo, ['commit', '--quiet', '--allow-empty', '-m', 'More'])
    return given
  },
  'another branch of the same commit': async (given) => {
    await gitIn(given.repo, ['switch', '--quiet', 'other'])
    return given
  },
  'an object more in the repository': async (given) => {
    await writeFile(join(given.repo, 'new.txt'), 'Of another branch, say')
    await gitIn(given.repo, ['hash-object', '-w', 'new.txt'])
    return given
  },
  'files that git is to ignore': async (given) => {
    await mkdir(join(given.repo, '.git/info'), { recursive: true })
    await writeFile(join(given.repo, '.git/info/exclude'), 'notes.txt\n')
    return given
  },
  'a setting of git': async (given) => {
    await gitIn(given.repo, ['config', 'core.ignoreCase', 'true'])
    return given
  },
  'a file of the flake in place of the repository’s': async (given) => {
    await writeFile(join(given.flake, 'flake.nix'), '{ }')
    return given
  },
  'no flake in place of the repository’s': ({ task: { environment: _, ...task }, ...given }) => ({ ...given, task }),
  'no development shell': (given) => withTask(given, { environment: { kind: 'plain' } }),
  'another CLAUDE.md of the user': (given) => withProvisions(given, { claudeHome: file('CLAUDE.md', 'Be long') }),
  'a program of the user that is a text': (given) =>
    withProvisions(given, { claudeHome: file('CLAUDE.md', 'Be brief', true) }),
  'nothing of the user': (given) => withProvisions(given, { claudeHome: file('agents/one.md', 'One') }),
  'another model': (given) => withTask(given, { agent: { model: 'other' } }),
  'a limit of money': (given) =>
    withTask(given, { caps: { timeoutMs: 1, maxCostUsd: 3, maxTokens: null, silenceTimeoutMs: null } }),
  'another variable': (given) => withProvisions(given, { variables: { EXTRA: 'two' } }),
  'another stand-in': (given) => withProvisions(given, { key: { variable: 'ANTHROPIC_API_KEY', value: 'other' } }),
  'another kind of key': (given) =>
    withProvisions(given, { key: { variable: 'CLAUDE_CODE_OAUTH_TOKEN', value: 'stand-in' } }),
  'another network': (given) => withProvisions(given, { egress: 'open' }),
  'another gateway': (given) => ({
    ...given,
    spec: {
      ...given.spec,
      network: {
        ...given.spec.network,
        gateway: { config: { ...gateway, hosts: ['example.com:443'] }, logPath: '/log' },
      },
    },
  }),
  'another size': (given) => ({ ...given, spec: { ...given.spec, cpus: 2 } }),
  'another machine': (given) => ({ ...given, spec: { ...given.spec, name: 'b1b2c3d4' } }),
  'another day': (given) => {
    vi.useFakeTimers({ now: Date.now() + 24 * 60 * 60_000, toFake: ['Date'] })
    return given
  },
}

test.each(Object.keys(other))('%s is another agent', async (what) => {
  const given = await parts()
  const before = await agentInputs(given)
  expect(before).toMatch(/^[0-9a-f]{64}$/)
  expect(await agentInputs(given)).toBe(before)
  const after = await agentInputs((await other[what]?.(given)) ?? given)
  expect(after).toMatch(/^[0-9a-f]{64}$/)
  expect(after).not.toBe(before)
})

test('another repository with the same commit is another agent', async () => {
  const given = await parts()
  const copy = join(await temporaryFolder(), 'copy')
  await gitIn(given.repo, ['worktree', 'add', '--quiet', copy, 'other'])
  await gitIn(given.repo, ['switch', '--quiet', '--detach'])
  await gitIn(copy, ['switch', '--quiet', '--detach'])
  expect(await agentInputs(withTask(given, { repoPath: copy }))).not.toBe(await agentInputs(given))
})

/** What comes with the text, and the agent has not asked for before. */
const comesWithTheText: Readonly<Record<string, (given: Parts) => Parts>> = {
  'another text': (given) => withTask(given, { description: 'Another text' }),
  'an agent that is to wait for more': (given) => withTask(given, { holdMs: 60_000 }),
  'a check of the work': (given) =>
    withTask(given, { mergePolicy: { kind: 'check', command: 'npm test', timeoutMs: 60_000 } }),
  'another time that it may wait in vain': (given) => withProvisions(given, { idleBackgroundMs: 1 }),
}

test.each(Object.keys(comesWithTheText))('%s is the same agent', async (what) => {
  const given = await parts()
  expect(await agentInputs(comesWithTheText[what]?.(given) ?? given)).toBe(await agentInputs(given))
})

const fork = { task: 'b1b2c3d4', startCommit: '1'.repeat(40), branch: 'main' } as unknown as NonNullable<Task['fork']>

/** Where no agent can be loaded before its task is there. */
const never: Readonly<Record<string, (given: Parts) => Parts | Promise<Parts>>> = {
  'a task with a clone already': (given) => withTask(given, { startCommit: '1'.repeat(40) }),
  'a task that begins elsewhere': (given) => withTask(given, { base: { kind: 'branch', branch: 'other' } }),
  'a fork': (given) => withTask(given, { fork }),
  'a dev container': (given) => withTask(given, { environment: { kind: 'devcontainer', file: 'devcontainer.json' } }),
  'the key of the user': (given) =>
    withProvisions(given, { key: { variable: 'ANTHROPIC_API_KEY', value: 'of the user' } }),
  'an API that asks for no key of the gateway’s': (given) =>
    withProvisions(given, {
      gateway: { hosts: [], api: { url: 'http://127.0.0.1:9', credential: null, serverTools: 'allow' } },
    }),
  'no gateway': ({ provisions: { gateway: _, ...provisions }, ...given }) => ({ ...given, provisions }),
  'an MCP server of the user’s': (given) => {
    const server = { path: 'mcp-servers/one.json', text: '{}', executable: false, url: 'https://mcp.example.com/' }
    return withProvisions(given, { claudeHome: { files: [server], leftOut: [] } })
  },
  'a submodule': async (given) => {
    await writeFile(join(given.repo, '.gitmodules'), '[submodule "module"]\n\tpath = module\n\turl = ./module\n')
    await gitIn(given.repo, ['add', '.gitmodules'])
    await gitIn(given.repo, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`])
    await gitIn(given.repo, ['commit', '--quiet', '-m', 'Module'])
    return given
  },
  'Git LFS objects': async (given) => {
    await mkdir(join(given.repo, '.git/lfs/objects'), { recursive: true })
    return given
  },
}

test.each(Object.keys(never))('with %s nothing is loaded ahead', async (what) => {
  const given = await parts()
  expect(await agentInputs((await never[what]?.(given)) ?? given)).toBeNull()
})
