import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finalLine, print, runnerKey, runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'

const id = 'a'.repeat(64)
const answered = JSON.stringify({ outcome: 'success', containerId: id, remoteUser: 'dev' })

/** A guest with programs in place of the Dev Container CLI, whose containers are this very host, and of podman. */
async function contained(up: string, environment: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder()
  const file = '.devcontainer/devcontainer.json'
  const world = await runnerWorld(folder, {
    environment: { MICROVM_ENVIRONMENT: 'devcontainer', MICROVM_DEV_CONTAINER_FILE: file, ...environment },
    claude: `cat "$SEEN/../workspace/preparing" 2>&1 | sed 's/.*/prepares/' >"$SEEN/prepares"\n${print(finalLine('Done'))}`,
  })
  const program = async (name: string, body: string) => {
    await writeFile(
      join(folder, 'bin', name),
      `#!/bin/bash\nSEEN='${world.seen}' PRIVATE='${folder}/state/private'\n${body}\n`,
    )
    await chmod(join(folder, 'bin', name), 0o755)
  }
  await program('podman', 'echo "$*" >>"$SEEN/podman"')
  await program(
    'devcontainer',
    `verb=$1; printf '%s\\n' "$*" >>"$SEEN/devcontainer"
case $verb in
  up) [ -e "$SEEN/../workspace/preparing" ] && touch "$SEEN/prepared"; ${up} ;;
  exec)
    while [ "$1" != sh ]; do [ "$1" != --remote-env ] || export "$2"; shift; done
    args=("\${@//\\/opt\\/microvm-claude/claude}")
    exec "\${args[@]//\\/opt\\/microvm/$PRIVATE}"
    ;;
esac`,
  )
  await mkdir(join(world.repo, '.devcontainer'))
  await writeFile(join(world.repo, file), '{ "image": "a" } // nothing more')
  return { folder, world }
}

test('agent and check are run in the container of a description; the key comes by a file, and all is stopped in between', async () => {
  const { world } = await contained(`echo '${answered}'`, {
    MICROVM_CHECK: 'echo "checked with $GIVEN"',
    GIVEN: 'a b=c',
    MICROVM_CARGO_CONFIG: '[source.a]\n',
  })
  const { stdout } = await world.run()
  expect(await world.result()).toMatchObject({
    success: true,
    summary: 'Done',
    check: { exit_code: 0, output: 'checked with a b=c\n' },
  })
  expect(stdout).toContain('microvm: building the dev container\n')
  const environment = (await world.read(join(world.seen, 'claude-environment'))).split('\0')
  expect(environment).toEqual(expect.arrayContaining([`ANTHROPIC_API_KEY=${runnerKey}`, 'IS_SANDBOX=1', 'GIVEN=a b=c']))
  expect(environment.filter((pair) => pair.startsWith('MICROVM_'))).toEqual([])
  const asked = await world.read(join(world.seen, 'devcontainer'))
  expect(asked).toMatch(
    /^up .*--config \S+\/repo\/\.devcontainer\/devcontainer\.json --no-lockfile .*--remote-env GIVEN=a b=c/,
  )
  expect(asked).not.toContain(runnerKey)
  expect(asked).toMatch(/--mount type=bind,source=\S+\/home\/\.cargo\/config\.toml,target=\/\.cargo\/config\.toml/)
  const stops = `stop --time 0 ${id}`
  expect((await world.read(join(world.seen, 'podman'))).trim().split('\n')).toEqual(
    expect.arrayContaining([stops, `start ${id}`, stops]),
  )
  expect(existsSync(join(world.seen, 'prepared'))).toBe(true)
  expect(existsSync(join(world.share, 'preparing'))).toBe(false)
})

/** Standard error of the real CLI 0.89.0 with podman 5.4, and what a user is told. */
test.each([
  [
    'a Dockerfile that fails',
    `echo '[2026-11-30T13:23:09.752Z] because of this'; echo '    at async IW (/usr/lib/x.js:1:2)'`,
    '{"outcome":"error","message":"Command failed: podman buildx build ...","description":"An error occurred building the image."}',
    'The dev container could not be made: An error occurred building the image.\nbecause of this',
  ],
  [
    'a feature without a network',
    `echo 'Failed to fetch control manifest: getaddrinfo ENOTFOUND containers.dev'; echo 'Error: getaddrinfo ENOTFOUND ghcr.io'`,
    '{"outcome":"error","message":"getaddrinfo ENOTFOUND ghcr.io"}',
    /^What the dev container is made of cannot be fetched: the network of this task is closed.*--allow-host HOST\nError: getaddrinfo ENOTFOUND ghcr\.io$/,
  ],
  [
    'a network that is only missed by what it does without',
    `echo 'Failed to fetch control manifest: getaddrinfo ENOTFOUND containers.dev'; echo 'because of that'`,
    '{"outcome":"error","description":"postCreateCommand from devcontainer.json failed."}',
    'The dev container could not be made: postCreateCommand from devcontainer.json failed.\nbecause of that',
  ],
  [
    'a full disk',
    `echo 'Error: writing blob: storing blob to file: write /var/tmp/x: no space left on device'`,
    '{"outcome":"error","description":"An error occurred building the image."}',
    /^The slot's disk is full, .*container-storage\/containers\.img/,
  ],
  [
    'a program that says nothing',
    'true',
    '',
    /^The dev container could not be made: its program ended without an answer/,
  ],
] as const)('%s is told with its cause and what to do, and no agent runs', async (_what, stderr, answer, told) => {
  const { world } = await contained(`{ ${stderr}; } >&2; printf '%s' '${answer}'; exit 1`)
  await world.run()
  const { success, error } = await world.result()
  expect(success).toBe(false)
  if (typeof told === 'string') expect(error).toBe(told)
  else expect(error).toMatch(told)
  expect(existsSync(join(world.seen, 'claude-arguments'))).toBe(false)
})

test('a description that the clone has not is told', async () => {
  const { world } = await contained('exit 1', { MICROVM_DEV_CONTAINER_FILE: '.devcontainer/other/devcontainer.json' })
  await world.run()
  expect(await world.result()).toMatchObject({
    error: expect.stringContaining('is not in the clone: .devcontainer/other'),
  })
})

test('with the container the services beside it are stopped and started, and those of an earlier task are gone', async () => {
  const both = ['b'.repeat(64), id]
  const { folder, world } = await contained(
    `echo '${JSON.stringify({ outcome: 'success', containerId: id, composeProjectName: 'repo_devcontainer' })}'`,
    { MICROVM_CHECK: 'true' },
  )
  await writeFile(
    join(folder, 'bin/podman'),
    `#!/bin/bash
echo "$*" >>'${world.seen}/podman'
case $* in
  ps*project=repo_devcontainer) printf '%s\\n' ${both.join(' ')} ;;
  ps*) echo former ;;
  'volume ls'*) echo former_data ;;
  inspect*Healthcheck*) echo yes ;;
  'healthcheck run'*) [ -e '${folder}/asked' ] || { touch '${folder}/asked'; exit 1; } ;;
esac
`,
  )
  await writeFile(
    join(world.repo, '.devcontainer/devcontainer.json'),
    '{ "dockerComposeFile": "c.yml", "service": "a" }',
  )
  await world.run()
  expect(await world.result()).toMatchObject({ success: true, check: { exit_code: 0 } })
  const calls = (await world.read(join(world.seen, 'podman'))).trim().split('\n')
  const [stop, start] = [`stop --time 0 ${both.join(' ')}`, `start ${both.join(' ')}`]
  const [removed, forgotten, ...later] = calls.filter((call) => /^(rm|volume rm|stop|start) /.test(call))
  expect([removed, forgotten]).toEqual(['rm --force --volumes former', 'volume rm --force former_data'])
  expect(new Set(later)).toEqual(new Set([stop, start]))
  expect([later[0], later.at(-1)]).toEqual([stop, stop])
  // Before the agent until it is passed, and before the check; the container itself is not asked.
  const health = calls.filter((call) => call.startsWith('healthcheck'))
  expect(health).toEqual(Array(3).fill(`healthcheck run ${both[0]}`))
  expect(calls.indexOf(start)).toBeLessThan(calls.lastIndexOf(health[0] ?? ''))
})
