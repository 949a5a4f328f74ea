import { expect, test } from 'vitest'
import { interestIn } from '../../../main/environment/detect/detect.ts'
import { findDevContainer } from '../../../main/environment/detect/dev-container.ts'

const path = '.devcontainer/devcontainer.json'
const problemsOf = (
  compose: string | null,
  {
    description = '{ "dockerComposeFile": "compose.yml", "service": "app" }',
    more = {} as Record<string, string>,
  } = {},
) =>
  findDevContainer([
    { path, text: description },
    { path: '.devcontainer/compose.yml', text: compose },
    ...Object.entries(more).map(([name, text]) => ({ path: name, text })),
  ])?.problems
const app = (fields: string) => `services:\n  app: { image: a, ${fields} }\n`

test.each([
  ['an image', 'services: { app: { image: a } }'],
  [
    'what the templates of dev containers have',
    `services:
  app: &app
    build: { context: .., dockerfile: .devcontainer/Dockerfile }
    volumes:
      - ../..:/workspaces:cached
      - cache:/home/dev/.cache
      - type: tmpfs
        target: /scratch
      - /anonymous
    network_mode: service:db
    cap_add: [SYS_PTRACE]
  other: *app
  merged: { <<: *app, command: sleep }
  db:
    image: postgres
    ports: ["5432:5432"]
    privileged: "no"
    volumes: [data:/var/lib/postgresql/data, ./init:/docker-entrypoint-initdb.d:ro]
volumes: { data: , cache: { driver_opts: { type: tmpfs, device: tmpfs } } }
`,
  ],
  ['a service that is empty', 'services: { app: , db: { image: b } }'],
  ['a context that is fetched', app('build: https://github.com/a/b.git')],
  ['a part of the clone', app('volumes: [{ type: bind, source: ../src, target: /src }]')],
])('%s is nothing against a dev container', (_what, text) => {
  expect(problemsOf(text)).toEqual([])
})

test.each([
  ['all rights', app('privileged: true'), /the service app is privileged/],
  ['all rights in older words', app('privileged: yes'), /is privileged/],
  ['a device', app('devices: [/dev/kvm]'), /has devices/],
  ['processes of the host', app('pid: host'), /has pid: host/],
  ['users of the host', app('userns_mode: "host"'), /has userns_mode: host/],
  ['a graphics processor', app('gpus: all'), /graphics processor/],
  [
    'a graphics processor that is reserved',
    app('deploy: { resources: { reservations: { devices: [{ capabilities: [gpu] }] } } }'),
    /graphics processor/,
  ],
  ['a folder of the host', app('volumes: ["/etc:/x"]'), /mounts \/etc of the host/],
  ['the home of its user', app('volumes: ["~/.ssh:/x"]'), /mounts ~\/\.ssh of the host/],
  ['a folder of a variable', app('volumes: ["$HOME/.ssh:/x"]'), /mounts \$HOME\/\.ssh of the host/],
  ['the host’s Docker', app('volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'), /docker\.sock of the host/],
  ['a folder beside the clone', app('volumes: ["../../other:/x"]'), /mounts \.\.\/\.\.\/other of the host/],
  ['a folder far above', app('volumes: [{ type: bind, source: ../../.., target: /x }]'), /of the host/],
  ['a volume that is a folder', `${app('x: 1')}volumes: { d: { driver_opts: { device: /srv } } }`, /volume d is \/srv/],
  ['another container', app('volumes_from: ["container:a"]'), /not its own/],
  ['a context outside', app('build: ../..'), /built from \.\.\/\.\., outside/],
  ['a context outside of the long form', app('build: { context: /srv }'), /built from \/srv, outside/],
  ['another service', 'services: { web: { image: a } }', /names the service app, which its Compose file has not/],
  ['nothing', '', /it is not of its type/],
  ['no service', 'services:', /names the service app/],
  ['no YAML', 'services: [', /cannot be understood/],
  ['a list', '- a', /it is not of its type/],
  ['a field of another type', app('volumes: 3'), /services\.app\.volumes is not of its type/],
  ['a file without end', `# ${'x'.repeat(40_000)}`, /longer than 32 KiB/],
  [
    'aliases without end',
    `a: &a [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, at) => `b${at}: &b${at} [${Array(9).fill(at === 0 ? '*a' : `*b${at - 1}`)}]\n`).join('')}`,
    /repeats itself without end/,
  ],
  ['one that was not read', null, /could not be read/],
] as const)('%s is told', (_what, text, reason) => {
  expect(problemsOf(text)).toEqual([expect.stringMatching(reason)])
})

test('of several files each is looked at, by its place in the repository', () => {
  const of = (...files: readonly string[]) => JSON.stringify({ dockerComposeFile: files, service: 'app' })
  const more = { 'compose.yml': app('x: 1'), 'ops/compose.yml': app('volumes: ["../..:/x"]') }
  const together = (...files: readonly string[]) =>
    problemsOf('services: { db: { image: b, privileged: true } }', { description: of(...files), more })
  expect(together('../compose.yml')).toEqual([])
  expect(together('../compose.yml', 'compose.yml')).toEqual([
    expect.stringMatching(/compose\.yml, where the service db/),
  ])
  // Paths in them are seen from the first.
  expect(together('../compose.yml', '../ops/compose.yml')).toEqual([
    expect.stringMatching(/mounts \.\.\/\.\. of the host/),
  ])
  expect(together('../ops/compose.yml')).toEqual([])
  expect(together()).toEqual([expect.stringMatching(/names no Compose file/)])
  expect(together('../../compose.yml')).toEqual([expect.stringMatching(/outside the repository/)])
  expect(together('/srv/compose.yml')).toEqual([expect.stringMatching(/outside the repository/)])
  expect(together('a', 'b', 'c', 'd', 'e')).toEqual([
    expect.stringMatching(/names 5 Compose files, and 4 are looked at/),
  ])
  expect(problemsOf(app('x: 1'), { description: '{ "dockerComposeFile": "compose.yml" }' })).toEqual([
    expect.stringMatching(/names no service/),
  ])
})

test('files that a description may name are read', () => {
  const read = ['compose.yaml', 'docker-compose.dev.yml', '.devcontainer/a/services.yml', 'ops/compose.yml']
  expect(read.filter((each) => interestIn(each) !== 'content')).toEqual([])
  expect(['services.yml', '.devcontainer/a/b/services.yml', 'compose.json'].map(interestIn)).toEqual(
    Array(3).fill('none'),
  )
})
