import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { hostDriver } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import type { MachineDriver } from '../../main/machines/driver.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn } from '../support/git/repositories.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { imageRegistry, smallSystem } from '../support/web/image-registry.ts'

/** The user's machines, which reach one more server of this host: a registry. */
function withForward(port: number): { readonly driver: MachineDriver; readonly registry: string } {
  const driver = hostDriver(silentLog, () => ({ guest: 'auto', guestImage: null }))
  const start: MachineDriver['start'] = async (spec, signal) => {
    const forwards = [...spec.network.forwards, { host: '127.0.0.1', port }]
    return await driver.start({ ...spec, network: { ...spec.network, forwards } }, signal)
  }
  return { driver: { ...driver, start }, registry: `${driver.forwardAddress}:${port}` }
}

/** Within a text of JSON: the registry of the test has no certificate. */
const speakHttp = (registry: string) =>
  `mkdir -p ~/.config/containers && printf '[[registry]]\\\\nlocation = \\"${registry}\\"\\\\ninsecure = true\\\\n' >~/.config/containers/registries.conf`

/** As a repository that has one writes it: comments, a feature of its own, lifecycle commands, a user who is not root. */
const devContainer = (registry: string) => ({
  'README.md': 'A project\n',
  'data/seed': 'seeded\n',
  '.devcontainer/Dockerfile': `FROM ${registry}/base:1
RUN cat /proc/sys/kernel/random/uuid >/built
RUN echo dev:x:1234:1234::/home/dev:/bin/bash >>/etc/passwd && echo dev:x:1234: >>/etc/group && mkdir /home/dev && chown 1234:1234 /home/dev
`,
  '.devcontainer/own/devcontainer-feature.json': '{ "id": "own", "version": "1.0.0", "name": "Own" }',
  '.devcontainer/own/install.sh': '#!/bin/sh\ncat /proc/sys/kernel/random/uuid >/installed\n',
  '.devcontainer/devcontainer.json': `{
  // What the tests of the project need.
  "build": { "dockerfile": "Dockerfile" },
  "features": { "./own": {} },
  "initializeCommand": "${speakHttp(registry)}",
  "containerEnv": { "WHERE": "the container" },
  "mounts": ["type=bind,source=\${localWorkspaceFolder}/data,target=/data"],
  "postCreateCommand": "echo created by $(id -un) >~/created",
  "remoteUser": "dev", /* and not root */
}
`,
})

const look = 'echo "$(id -un) in $WHERE at $PWD: $(cat ~/created /data/seed | tr "\\n" " ")"; cat /built /installed'

test('a task and its check work in the dev container of the repository, which the next task of the slot need not build', async () => {
  const said: string[] = []
  const script = sequence(
    () => bash(look),
    ({ results, texts }: History) => {
      said.push(results.at(-1)?.text ?? '')
      return bash(`echo work >${texts.join(' ').includes('second') ? 'second' : 'first'}.txt`)
    },
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { contained: script } })
  const image = await imageRegistry(await smallSystem(await temporaryFolder()))
  const { driver, registry } = withForward(image.port)
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: devContainer(registry) }, driver })
  const check = 'test "$WHERE" = "the container" && ls *.txt && echo left >left-behind'
  await orchestra.command('allow', orchestra.pathOf('project'), '--environment', 'devcontainer', '--check', check)

  const run = async (text: string) => {
    const id = await orchestra.runTask('project', `${text} [script: contained]`)
    const view = await orchestra.until(id, 'finished')
    return { view, console: await readFile(taskFiles(orchestra.home, taskId(id)).console, 'utf8') }
  }
  const first = await run('The first.')
  expect(first.view).toMatchObject({
    ...{ error: null, environment: 'devcontainer' },
    merge_result: { merged: true, commits: 1 },
  })
  expect(first.console).toContain('microvm: dev container: Running the postCreateCommand')
  const pulled = image.requests.length
  expect(pulled).toBeGreaterThan(2)

  const second = await run('The second.')
  expect(second.view).toMatchObject({ error: null, merge_result: { merged: true } })
  expect(second.console).toContain('microvm: starting the dev container, which was built before')
  expect(image.requests.length).toBe(pulled)

  expect(said[0]).toMatch(
    /^dev in the container at \/workspaces\/repo: created by dev seeded \n[0-9a-f-]{36}\n[0-9a-f-]{36}$/,
  )
  expect(said).toEqual([said[0], said[0]]) // The numbers are those of the only build.
  const files = await gitIn(orchestra.pathOf('project'), ['ls-tree', '-r', '--name-only', 'main'])
  expect(files.split('\n').filter((name) => /txt|left/.test(name))).toEqual(['first.txt', 'second.txt'])
})

/** In place of a database: a program that listens where one would, and says whose it is. */
const standIn = `socket(S, 2, 1, 6) and setsockopt(S, 1, 2, 1) and sleep 2 and bind(S, pack("SnNx8", 2, 5432, 0x7f000001)) and listen(S, 9) or die $$!; while (accept(C, S)) { syswrite(C, "from the database"); close(C) }`

/** As the templates of dev containers have it: the folder above the clone, a database that is healthy first, a published port. */
const composed = (registry: string) => ({
  'README.md': 'A project\n',
  '.devcontainer/Dockerfile': `FROM ${registry}/base:1
RUN echo dev:x:1234:1234::/home/dev:/bin/bash >>/etc/passwd && echo dev:x:1234: >>/etc/group && mkdir /home/dev && chown 1234:1234 /home/dev
`,
  '.devcontainer/compose.yml': `services:
  app:
    build: { context: .., dockerfile: .devcontainer/Dockerfile }
    command: sleep infinity
    volumes: ["../..:/workspaces:cached"]
    environment: { WHERE: the container }
    depends_on: { db: { condition: service_healthy } }
  db:
    image: ${registry}/base:1
    command: [perl, -e, '${standIn}']
    healthcheck: { test: [CMD, bash, -c, "</dev/tcp/localhost/5432"] }
    ports: ["15432:5432"]
`,
  '.devcontainer/devcontainer.json': `{
  "dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/workspaces/$\{localWorkspaceFolderBasename}",
  "initializeCommand": "${speakHttp(registry)}",
  "remoteUser": "dev"
}
`,
})

test('a dev container of Compose has the services beside it by their names, for the agent and for the check', async () => {
  const said: string[] = []
  const ask = 'cat </dev/tcp/db/5432'
  const script = sequence(
    () => bash(`echo "$(id -un) in $WHERE at $PWD, $(ls /workspaces): $(${ask})"; echo work >work.txt`),
    ({ results }: History) => {
      said.push(results.at(-1)?.text ?? '')
      return say('Done.')
    },
  )
  await using api = await startScriptedApi({ scripts: { composed: script } })
  const image = await imageRegistry(await smallSystem(await temporaryFolder()))
  const { driver, registry } = withForward(image.port)
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: composed(registry) }, driver })
  const check = `test "$WHERE" = "the container" && test "$(${ask})" = "from the database" && ls work.txt`
  await orchestra.command('allow', orchestra.pathOf('project'), '--environment', 'devcontainer', '--check', check)
  const id = await orchestra.runTask('project', 'The only one. [script: composed]')
  const view = await orchestra.until(id, 'finished')
  expect(view, await readFile(taskFiles(orchestra.home, taskId(id)).console, 'utf8')).toMatchObject({
    ...{ error: null, environment: 'devcontainer' },
    merge_result: { merged: true, commits: 1 },
  })
  expect(said).toEqual(['dev in the container at /workspaces/repo, repo: from the database'])
})
