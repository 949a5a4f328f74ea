import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Services as docker-compose 2.26 prints them, and labels of images as podman 5.4 does; a test in a real guest is e2e/dev-container. */
async function composeOf(services: object, { labels = '', imageUser = '' } = {}) {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'bin'))
  const program = async (name: string, body: string) => {
    await writeFile(join(folder, 'bin', name), `#!/bin/bash\n${body}\n`)
    await chmod(join(folder, 'bin', name), 0o755)
  }
  await writeFile(
    join(folder, 'found.json'),
    JSON.stringify({ name: 'repo_devcontainer', services, networks: { default: null }, volumes: { data: null } }),
  )
  await program(
    'docker-compose',
    `echo "$* at\${DOCKER_HOST:+ an engine}" >>'${folder}/calls'
case $* in
  *'config --format json') cat '${folder}/found.json' ;;
  *' -f '*) while [ "$1" != -f ]; do shift; done; cp "$2" '${folder}/started.json' ;;
esac
case $* in *config*) ;; *) exit 7 ;; esac`,
  )
  await writeFile(join(folder, 'labels'), labels)
  await program(
    'podman',
    `case $* in
  'system service --time 0 unix://'*) exec socat "UNIX-LISTEN:\${5#unix://}" EXEC:true ;;
  *devcontainer.metadata*) cat '${folder}/labels' ;;
  *Config.User*) echo '${imageUser}' ;;
esac`,
  )
  const ask = async (...args: string[]) => {
    const { exitCode, stdout } = await run(join(packageDirectory(), 'nix/compose.sh'), args, {
      env: { PATH: `${folder}/bin:${process.env.PATH}`, TMPDIR: folder, MICROVM_CLONE: '/workspace/repo' },
    })
    return { exitCode, stdout }
  }
  return {
    ask,
    calls: async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n'),
    started: async () => JSON.parse(await readFile(join(folder, 'started.json'), 'utf8')),
  }
}

const dev = { image: 'vsc-repo', labels: { 'devcontainer.local_folder': '/workspace/repo' } }
const files = ['-p', 'repo_devcontainer', '-f', 'compose.yml', '-f', '/tmp/more.yml']

test('every service is on the network of the guest, where each finds the others by all of their names', async () => {
  const world = await composeOf({
    app: {
      ...{ image: 'a', networks: { default: null }, links: ['db'], expose: ['1'], extra_hosts: ['own=10.0.0.1'] },
      depends_on: {
        db: { condition: 'service_healthy', required: true },
        job: { condition: 'service_completed_successfully' },
      },
    },
    db: {
      ...{
        image: 'b',
        container_name: 'pg',
        hostname: 'pg.test',
        networks: { default: { aliases: ['postgres', 'a b'] } },
      },
      ...{ ports: [{ target: 5432 }], healthcheck: { test: ['CMD', 'true'] }, environment: { A: '$$x' } },
    },
    job: { image: 'c', network_mode: 'service:db', dns: ['1.1.1.1'] },
  })
  const { exitCode, stdout } = await world.ask(...files, '--profile', '*', 'config')
  const names = ['app', 'db', 'job', 'pg', 'pg.test', 'postgres'].map((name) => `${name}=127.0.0.1`)
  const common = { network_mode: 'host', extra_hosts: names }
  expect({ exitCode, ...JSON.parse(stdout) }).toEqual({
    exitCode: 0,
    name: 'repo_devcontainer',
    volumes: { data: null },
    services: {
      app: {
        ...{ image: 'a', network_mode: 'host', extra_hosts: ['own=10.0.0.1', ...names] },
        depends_on: {
          db: { condition: 'service_started', required: true },
          job: { condition: 'service_completed_successfully' },
        },
      },
      db: {
        ...{ image: 'b', container_name: 'pg', hostname: 'pg.test', environment: { A: '$$x' }, ...common },
        healthcheck: { test: ['CMD', 'true'] },
      },
      job: { image: 'c', ...common },
    },
  })
  // Only what starts something needs podman's service.
  expect(await world.calls()).toEqual([
    '-p repo_devcontainer --profile * -f compose.yml -f /tmp/more.yml config --format json at',
  ])
})

test('what is started is that, by an engine that ends with it, and its end is told', async () => {
  const world = await composeOf({ app: { ...dev }, db: { image: 'b' } })
  expect(await world.ask(...files, 'up', '-d', '--no-recreate', 'app')).toMatchObject({ exitCode: 7 })
  expect((await world.calls())[1]).toMatch(
    /^-p repo_devcontainer -f \S+\/model\.json up -d --no-recreate app at an engine$/,
  )
  expect((await world.started()).services.db).toMatchObject({ network_mode: 'host' })
  expect(await world.ask('version', '--short')).toMatchObject({ exitCode: 7 })
})

const remoteUser = (name: string) => JSON.stringify([{ id: 'a' }, { remoteUser: name }, { postCreateCommand: 'x' }])

test.each([
  ['the description names a user', dev, { labels: remoteUser('dev') }, 'keep-id'],
  ['the description names root', dev, { labels: remoteUser('root'), imageUser: 'node' }, undefined],
  ['the service names one', { ...dev, user: '1000:1000' }, {}, 'keep-id'],
  ['the image names one', dev, { imageUser: 'node' }, 'keep-id'],
  ['nobody names one', dev, {}, undefined],
  ['labels are odd', dev, { labels: '<no value>' }, undefined],
  [
    'the description is beside the service',
    { ...dev, labels: { ...dev.labels, 'devcontainer.metadata': remoteUser('dev') } },
    {},
    'keep-id',
  ],
] as const)('where %s the clone belongs to the user in the container', async (_what, app, image, mode) => {
  const world = await composeOf({ app, db: { image: 'b', user: '999' } }, image)
  await world.ask(...files, 'up')
  const { services } = await world.started()
  expect([services.app.userns_mode, services.db.userns_mode]).toEqual([mode, undefined])
})

test('who wants the folder above the clone has the clone alone', async () => {
  const bind = (source: string, target: string) => ({ type: 'bind', source, target })
  const volumes = [
    bind('/workspace', '/workspaces'),
    bind('/workspace/repo/a', '/a'),
    { type: 'volume', source: 'data' },
  ]
  const world = await composeOf({ app: { image: 'a', volumes } })
  const { stdout } = await world.ask(...files, 'config')
  expect(JSON.parse(stdout).services.app.volumes).toEqual([
    bind('/workspace/repo', '/workspaces/repo'),
    ...volumes.slice(1),
  ])
})
