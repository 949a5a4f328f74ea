import { expect, test } from 'vitest'
import { findDevContainer } from '../../../main/environment/detect/dev-container.ts'

const path = '.devcontainer/devcontainer.json'
/** As descriptions name the folder of the clone, and a variable of the host. */
const [clone, home] = ['localWorkspaceFolder', 'localEnv:HOME'].map((name) => `$\{${name}}`)
const problemsOf = (text: string | null) => findDevContainer([{ path, text }])?.problems

test.each([
  ['an image', '{ "image": "debian:13" }'],
  ['comments and a comma too many', '// first\n{ /* a "quote */ "image": "a", // last\n}\n'],
  ['a Dockerfile of a folder above', '{ "build": { "dockerfile": "../Dockerfile", "context": ".." } }'],
  ['a Dockerfile of the older form', '{ "dockerFile": "Dockerfile", "context": ".." }'],
  [
    'volumes, memory and folders of the clone',
    `{ "image": "a", "mounts": [
    "type=volume,source=cache,target=/cache", "type=tmpfs,target=/scratch", { "type": "volume", "source": "x", "target": "/x" },
    "source=${clone}/data,target=/data,type=bind" ] }`,
  ],
  [
    'a right that a user may give',
    '{ "image": "a", "capAdd": ["SYS_PTRACE"], "runArgs": ["--init", "--shm-size=1g"] }',
  ],
  ['a graphics processor where there is one', '{ "image": "a", "hostRequirements": { "gpu": "optional" } }'],
  ['features', '{ "image": "a", "features": { "ghcr.io/devcontainers/features/node:1": {}, "./own": {} } }'],
])('%s is nothing against a dev container', (_what, text) => {
  expect(problemsOf(text)).toEqual([])
})

test.each([
  ['a file that is cut off', '{ "image": "a', /cannot be understood: \w+ in line 1/],
  ['another kind of value', '["image"]', /cannot be understood: it is not of its type/],
  ['a field of another type', '{ "image": "a", "mounts": 3 }', /cannot be understood: mounts is not of its type/],
  ['no image', '{}', /names neither an image nor a Dockerfile/],
  [
    'a Compose file that is not there',
    '{ "dockerComposeFile": "compose.yml", "service": "app" }',
    /names the Compose file \.devcontainer\/compose\.yml, which could not be read/,
  ],
  ['all rights', '{ "image": "a", "privileged": true }', /asks for a privileged container/],
  ['all rights by an option', '{ "image": "a", "runArgs": ["--privileged"] }', /with --privileged/],
  ['a device', '{ "image": "a", "runArgs": ["--device=/dev/kvm"] }', /with --device=\/dev\/kvm/],
  ['a mount by an option', '{ "image": "a", "runArgs": ["-v", "/:/host"] }', /mounts by runArgs/],
  [
    'a folder of the host',
    '{ "image": "a", "mounts": ["type=bind,source=/etc,target=/x"] }',
    /mounts \/etc of the host/,
  ],
  [
    'the home of its user',
    `{ "image": "a", "mounts": ["source=${home}/.ssh,target=/x,type=bind"] }`,
    /\.ssh of the host/,
  ],
  [
    'a socket without a type',
    '{ "image": "a", "mounts": ["source=/var/run/docker.sock,target=/x"] }',
    /docker\.sock of the host/,
  ],
  [
    'a folder beside the clone',
    `{ "image": "a", "mounts": [{ "type": "bind", "source": "${clone}/../x", "target": "/x" }] }`,
    /of the host/,
  ],
  [
    'a workspace of the host',
    '{ "image": "a", "workspaceMount": "type=bind,source=/srv,target=/w" }',
    /as its workspace/,
  ],
  [
    'Docker in Docker',
    '{ "image": "a", "features": { "ghcr.io/devcontainers/features/docker-in-docker:2": {} } }',
    /docker-in-docker:2/,
  ],
  ['a graphics processor', '{ "image": "a", "hostRequirements": { "gpu": true } }', /graphics processor/],
  ['a Dockerfile outside', '{ "build": { "dockerfile": "../../Dockerfile" } }', /built from \.\.\/\.\.\/Dockerfile/],
  ['a context outside', '{ "build": { "dockerfile": "Dockerfile", "context": "/" } }', /built from \/, outside/],
])('%s is told', (_what, text, reason) => {
  expect(problemsOf(text)).toEqual([expect.stringMatching(reason)])
})

test('a file that is nested without end, or too large to be read, is told', () => {
  expect(problemsOf('{"a":'.repeat(50_000))).toEqual([`${path} cannot be understood: it is nested too deeply`])
  expect(problemsOf(null)).toEqual([`${path} could not be read`])
})

test('no more reasons are told than a person reads, and none is longer than a line', () => {
  const many = Array.from({ length: 100 }, (_, at) => `"/host/${at}/${'x'.repeat(500)}"`)
  const problems =
    problemsOf(`{ "image": "a", "mounts": [${many.map((each) => `{ "source": ${each} }`).join()}] }`) ?? []
  expect(problems).toHaveLength(8)
  for (const problem of problems) expect(problem.length).toBeLessThan(250)
})

test('of several descriptions it is the one that the CLI takes', () => {
  const all = ['.devcontainer/b/devcontainer.json', '.devcontainer/a/devcontainer.json', '.devcontainer.json', path]
  const files = all.map((each) => ({ path: each, text: '{ "image": "a" }' }))
  const order = files.map((_, at) => findDevContainer(files.slice(0, files.length - at))?.path)
  expect(order).toEqual([path, '.devcontainer.json', all[1], all[0]])
  expect(findDevContainer([{ path: 'sub/.devcontainer/devcontainer.json', text: '{}' }])).toBeNull()
})
