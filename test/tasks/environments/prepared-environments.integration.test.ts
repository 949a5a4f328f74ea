import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { isAlive } from '../../../main/lib/processes/process-identity.ts'
import type { Machine, MachineDriver, MachineSpec } from '../../../main/machines/driver.ts'
import { registerRepository, removeRepository } from '../../../main/settings/repositories.ts'
import { commitFiles } from '../../support/git/repositories.ts'
import { guestThatChecks } from '../../support/machines/checking-guest.ts'
import {
  guestThatCommits,
  guestThatWaits,
  type OrchestratorSetup,
  registeredRepository,
  startOrchestrator,
  successJson,
  untilEnded,
} from '../../support/orchestrator.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

/** A task commits a file, or does as given; a machine that prepares does what is given for it, and tells how that ended. */
const guest = (prepares = 'code=0', works = guestThatCommits('$(cat $SHARE/task.md).txt')) => `
if grep -q /nix/var/prepared $SHARE/environment; then
  touch $SHARE/started
  ls -A $SHARE >$HOME/share
  cp $SHARE/environment $HOME/environment
  ${prepares}
  echo '${successJson}' | jq --argjson code "$code" '. + { check: { exit_code: $code, output: "no such package\\n" } }' >$SHARE/result.json
  exit
fi
${works}`

async function place({ prepares, ...setup }: Partial<OrchestratorSetup> & { readonly prepares?: string } = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const machines: { readonly spec: MachineSpec; readonly machine: Machine }[] = []
  const watched = (driver: MachineDriver): MachineDriver => ({
    ...driver,
    start: async (spec, signal) => {
      const machine = await driver.start(spec, signal)
      machines.push({ spec, machine })
      return machine
    },
  })
  const { log, lines } = recordingLog()
  const prepared = join(root, 'home', 'prepared')
  return {
    ...{ root, repo, machines, lines },
    start: (changed: Partial<OrchestratorSetup> = {}) =>
      startOrchestrator({
        root,
        guest: guest(prepares),
        driver: watched,
        prepareEnvironments: true,
        log,
        ...setup,
        ...changed,
      }),
    preparing: () => machines.filter(({ spec }) => spec.name.endsWith('-prepare')),
    /** Below the folder of each repository; without that of a machine at work. */
    kept: async () =>
      (await readdir(prepared, { recursive: true }).catch(() => []))
        .filter((name) => /^[0-9a-f]+\/[^/]+\.(img|failed)$/.test(name))
        .map((name) => join(prepared, name)),
  }
}

type Started = Awaited<ReturnType<typeof startOrchestrator>>

async function runOne({ orchestrator }: Started, description: string): Promise<Task> {
  const task = await untilEnded(orchestrator, await orchestrator.run({ description, repo: 'project' }))
  expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'merged' } })
  return task
}

const environmentsOf = ({ volumes }: MachineSpec) =>
  volumes.flatMap(({ serial, path }) => (serial === 'environment' ? [path] : []))

test('after its first task an environment is prepared in a machine of its own, and each later machine of the repository has it', async () => {
  const secret = {
    host: 'npm.example',
    header: { name: 'authorization', value: 'Bearer of-the-user' },
    hidden: ['of-the-user'],
  }
  const { root, machines, start, preparing, kept } = await place({
    provisions: {
      variables: { ANTHROPIC_BASE_URL: 'http://of-the-user@10.0.2.100:4000', HTTPS_PROXY: 'http://10.0.2.101' },
      forwards: [{ host: '127.0.0.1', port: 4000 }],
      gateway: {
        hosts: ['npm.example'],
        api: { url: 'https://api.example', credential: { header: 'x-api-key', key: 'k' }, serverTools: 'refuse' },
        secrets: [secret as never],
      },
    },
  })
  await using setup = await start()
  await runOne(setup, 'first')
  await until(async () => (await kept()).length > 0)
  const [disk = ''] = await kept()
  expect(disk).toMatch(/\/prepared\/[0-9a-f]{16}\/[0-9a-f]{20}\.img$/)
  expect((await stat(disk)).mode & 0o777).toBe(0o444)

  const [machine] = preparing()
  expect(machine?.spec.volumes.map(({ serial }) => serial)).toEqual(['nix-store', 'var'])
  expect(machine?.spec.network.gateway?.config).toMatchObject({ hosts: ['npm.example'], api: null, secrets: [] })
  expect(machine?.spec.network.forwards).toEqual([])
  const seen = (name: string) => readFile(join(root, 'run', machine?.spec.name ?? '', name), 'utf8')
  expect((await seen('share')).split('\n')).not.toContain('.api-key')
  expect(await seen('environment')).not.toMatch(/of-the-user|sk-ant/)
  expect(await seen('environment')).toContain('HTTPS_PROXY=')
  // The clone, the share and the other disk are gone.
  await expect
    .poll(async () => (await readdir(join(disk, '..'))).toSorted())
    .toEqual(expect.not.arrayContaining(['work']))

  await runOne(setup, 'second')
  expect(machines.map(({ spec }) => environmentsOf(spec))).toEqual([[], [], [disk]])
  expect(preparing()).toHaveLength(1)
})

test('without the setting nothing is prepared, and what was prepared is deleted', async () => {
  const { machines, start, kept } = await place()
  {
    await using setup = await start()
    await runOne(setup, 'first')
    await until(async () => (await kept()).length > 0)
  }
  await using setup = await start({ prepareEnvironments: false })
  await runOne(setup, 'second')
  expect(machines.map(({ spec }) => environmentsOf(spec))).toEqual([[], [], []])
  await expect.poll(kept).toEqual([])
})

test('what cannot be prepared is told once, costs no task, and is tried again when the flake is another one', async () => {
  const { repo, start, preparing, kept, lines } = await place({ prepares: 'code=1' })
  await using setup = await start()
  const told = () => lines.filter(({ level }) => level === 'warn')
  await runOne(setup, 'first')
  await until(async () => (await kept()).length > 0)
  await runOne(setup, 'second')
  await runOne(setup, 'third')
  expect(preparing()).toHaveLength(1)
  await expect.poll(told).toEqual([
    expect.objectContaining({
      fields: expect.objectContaining({ reason: expect.stringContaining('no such package') }),
    }),
  ])
  expect(await readFile((await kept())[0] ?? '', 'utf8')).toBe('no such package\n')

  await commitFiles(repo, { 'nix/tools.nix': '{ }\n' })
  await runOne(setup, 'fourth')
  await until(() => preparing().length === 2)
})

test('a disk whose machine did not power off by itself is not kept', async () => {
  const { start, kept } = await place({ prepares: 'trap "exit 7" EXIT; code=0' })
  await using setup = await start()
  await runOne(setup, 'first')
  await until(async () => (await kept()).length > 0)
  expect(await Promise.all((await kept()).map((path) => readFile(path, 'utf8')))).toEqual([
    'Its machine did not power off by itself\n',
  ])
})

test('a machine that was booted ahead has the environment, too', async () => {
  const { machines, start, kept } = await place({ warmMachines: 1, guest: guestThatWaits(guest()) })
  await using setup = await start()
  await runOne(setup, 'first')
  await until(async () => (await kept()).length > 0)
  await runOne(setup, 'second')
  const shared = (await kept())[0] ?? ''
  await until(() => machines.some(({ spec }) => environmentsOf(spec).includes(shared)))
})

test('the machine that checks work on a branch that moved has the environment, too', async () => {
  const { root, repo, machines, start, kept } = await place()
  await registerRepository(join(root, 'home'), { path: repo, check: 'true' })
  await using setup = await start({ guest: guest('code=0', guestThatChecks()) })
  await runOne(setup, 'echo first >first')
  await until(async () => (await kept()).length > 0)
  const id = await setup.orchestrator.run({
    description: `until [ -e '${root}/go' ]; do sleep 0.02; done; echo second >second`,
    repo: 'project',
  })
  await until(async () => (await setup.orchestrator.get(id)).state.phase === 'working')
  await commitFiles(repo, { 'users.txt': 'mine\n' })
  await writeFile(join(root, 'go'), '')
  expect((await untilEnded(setup.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  const check = machines.find(({ spec }) => spec.name === `${id}-check`)
  expect(check && environmentsOf(check.spec)).toEqual(await kept())
})

test('another flake is another environment, which takes the place of the one before; other files are not', async () => {
  const { repo, start, preparing, kept } = await place()
  await using setup = await start()
  await runOne(setup, 'first')
  await until(async () => (await kept()).length > 0)
  const before = await kept()
  await commitFiles(repo, { 'main.c': 'int main;\n' })
  await runOne(setup, 'second')
  await commitFiles(repo, { 'flake.lock': '{}\n' })
  await runOne(setup, 'third')
  await until(async () => (await kept()).join() !== before.join() && (await kept()).length === 1)
  expect(preparing()).toHaveLength(2)
})

const endless = 'trap "exit 1" TERM; sleep 600 & wait'

test('a machine that prepares gives way to a task that needs its memory, and it is done later', async () => {
  const { start, preparing } = await place({
    prepares: endless,
    // Each takes 64 MiB: there is no room for two tasks beside it.
    hostMemory: async () => 160,
  })
  await using setup = await start()
  await runOne(setup, 'first')
  await until(() => preparing().length === 1)
  const second = await setup.orchestrator.run({ description: 'second', repo: 'project' })
  const third = await setup.orchestrator.run({ description: 'third', repo: 'project', queue: true })
  for (const id of [second, third])
    expect((await untilEnded(setup.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  await until(() => preparing().length > 1)
})

test('an orchestrator that ends takes the machine with it, and one that crashed leaves none for the next', async () => {
  const { root, start, preparing, kept } = await place({ prepares: endless })
  const setup = await start()
  await runOne(setup, 'first')
  await until(() => preparing().length === 1)
  await setup[Symbol.asyncDispose]()
  const [machine] = preparing()
  expect(machine && (await isAlive(machine.machine.handle))).toBe(false)
  expect(await kept()).toEqual([])
  const folders = async () =>
    (await readdir(join(root, 'home', 'prepared'), { recursive: true })).filter((name) => name.includes('work'))
  expect(await folders()).toEqual([])
})

test('the environment of a repository that is taken off the list is deleted at the next start', async () => {
  const { start, kept } = await place()
  {
    await using setup = await start()
    await runOne(setup, 'first')
    await until(async () => (await kept()).length > 0)
    await removeRepository(setup.home, 'project')
  }
  await using _ = await start()
  await expect.poll(kept).toEqual([])
})
