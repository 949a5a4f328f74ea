import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskEnvironment } from '../../../main/core/environment/environment.ts'
import type { CheckPolicy } from '../../../main/core/merge/merge-policy.ts'
import type { GatewaySecret } from '../../../main/core/network/secret.ts'
import type { Task } from '../../../main/core/task/task.ts'
import { foldTask } from '../../../main/core/task/transition.ts'
import { checkTermsOf, rulesOf } from '../../../main/tasks/landing/check-terms.ts'
import { checkKey } from '../../../main/tasks/landing/checked-trees.ts'
import type { Provisions } from '../../../main/tasks/slots/provisions.ts'
import { eventsOfGoodTask } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const secret: GatewaySecret = {
  ...{ name: 'REGISTRY', origin: 'https://registry.example', header: { name: 'authorization', value: 'Bearer one' } },
  ...{ methods: ['GET'], tools: ['npm'], path: null, hidden: ['one'], tokenOrigins: [] },
}
const provisions: Provisions = {
  ...{
    key: { variable: 'ANTHROPIC_API_KEY', value: 'sk-one' },
    variables: { CI: '1' },
    egress: 'closed',
    forwards: [],
  },
  gateway: {
    ...{ hosts: ['registry.example'], secrets: [secret] },
    api: { url: 'https://api.example', credential: { header: 'x-api-key', key: 'sk-one' }, serverTools: 'refuse' },
  },
}

interface Inputs {
  readonly tree: string
  readonly policy: CheckPolicy
  readonly environment: TaskEnvironment
  readonly provisions: Provisions
  readonly image: string
  readonly limits: { readonly cpus: number; readonly memoryMiB: number }
}

async function keyOf(inputs: Inputs): Promise<string> {
  const task: Task = {
    ...foldTask(eventsOfGoodTask('/repo'), '/home'),
    ...(inputs.environment.kind !== 'flake' && { environment: inputs.environment }),
  }
  const terms = await checkTermsOf(task, inputs.policy, {
    driver: { imageKey: async () => inputs.image },
    limits: inputs.limits,
    provisions: async () => inputs.provisions,
  })
  return checkKey(inputs.tree, rulesOf(terms))
}

async function flake(text: string): Promise<TaskEnvironment> {
  const path = join(await temporaryFolder(), 'environment')
  await mkdir(path)
  await writeFile(join(path, 'flake.nix'), text)
  return { kind: 'folder', path }
}

const base: Inputs = {
  ...{ tree: 'a'.repeat(40), policy: { kind: 'check', command: 'npm test' }, environment: { kind: 'plain' } },
  ...{ provisions, image: 'one', limits: { cpus: 1, memoryMiB: 64 } },
}

test.each<[string, Partial<Inputs>]>([
  ['the files', { tree: 'b'.repeat(40) }],
  ['the command', { policy: { kind: 'check', command: 'npm run test' } }],
  ['its time limit', { policy: { kind: 'check', command: 'npm test', timeoutMs: 60_000 } }],
  ['the kind of environment', { environment: { kind: 'flake' } }],
  ['the guest image', { image: 'two' }],
  ['the memory of the machine', { limits: { cpus: 1, memoryMiB: 128 } }],
  ['variables', { provisions: { ...provisions, variables: { CI: '2' } } }],
  ['the way to the network', { provisions: { ...provisions, egress: 'open' } }],
  ['private networks', { provisions: { ...provisions, privateNetworks: true } }],
  ['addresses of this host', { provisions: { ...provisions, forwards: [{ host: '127.0.0.1', port: 5432 }] } }],
  ['hosts', { provisions: { ...provisions, gateway: { hosts: ['other.example'], api: null, secrets: [secret] } } }],
  ['secrets', { provisions: { ...provisions, gateway: { hosts: ['registry.example'], api: null, secrets: [] } } }],
])('a check is not known any more once %s changed', async (_what, changed) => {
  expect(await keyOf({ ...base, ...changed })).not.toBe(await keyOf(base))
})

test('nor once its flake changed, or another dev container of the same files is meant', async () => {
  const [one, two] = [await flake('{ a = 1; }'), await flake('{ a = 2; }')]
  expect(await keyOf({ ...base, environment: one })).not.toBe(await keyOf({ ...base, environment: two }))
  expect(await keyOf({ ...base, environment: one })).toBe(
    await keyOf({ ...base, environment: await flake('{ a = 1; }') }),
  )
  const container = (file: string): Inputs => ({ ...base, environment: { kind: 'devcontainer', file } })
  expect(await keyOf(container('.devcontainer/a/devcontainer.json'))).not.toBe(
    await keyOf(container('.devcontainer/b/devcontainer.json')),
  )
})

test('another value of a secret or a key is no new check', async () => {
  const rotated: Provisions = {
    ...provisions,
    key: { variable: 'ANTHROPIC_API_KEY', value: 'sk-two' },
    gateway: {
      ...{ hosts: ['registry.example'], api: null },
      secrets: [{ ...secret, header: { name: 'authorization', value: 'Bearer two' }, hidden: ['two'] }],
    },
  }
  expect(await keyOf({ ...base, provisions: rotated })).toBe(await keyOf(base))
})
