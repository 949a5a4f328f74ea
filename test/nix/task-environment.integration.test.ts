import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { finalLine, print, runnerWorld } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A guest that was given a flake in place of the repository's. */
async function given(files: Readonly<Record<string, string>>, check?: string) {
  const folder = await temporaryFolder()
  const environment = { MICROVM_ENVIRONMENT: 'given', ...(check !== undefined && { MICROVM_CHECK: check }) }
  const world = await runnerWorld(folder, {
    environment,
    claude: `rm ../environment-files\n${print(finalLine('Done'))}`,
  })
  const pairs = Object.entries(files).map(([path, text]) => `${path}\0${text}\0`)
  await writeFile(join(world.share, 'environment-files'), pairs.join(''))
  return { world, laid: join(folder, 'state', 'environment') }
}

test('a flake that the host gave is what the agent and the check work in, whatever becomes of the share', async () => {
  const files = {
    'flake.nix': '{ outputs = _: { }; }\n',
    'flake.lock': '{}',
    'parts/a b.nix': 'quotes \' " $(id) \\ \n\nend',
  }
  const { world, laid } = await given(files, 'echo checked')
  await world.run()
  expect(await world.result()).toMatchObject({ success: true, check: { exit_code: 0 } })
  for (const [path, text] of Object.entries(files)) expect(await world.read(join(laid, path)), path).toBe(text)
  const seen = (await world.read(join(world.seen, 'nix-arguments'))).split('\0')
  expect(seen.slice(0, 4)).toEqual(['develop', `path:${laid}`, '--no-write-lock-file', '--command'])
})

test.each([
  ['a path that leads out', { '../evil': 'x', 'flake.nix': '' }],
  ['an absolute path', { '/tmp/evil-of-a-test': 'x', 'flake.nix': '' }],
  ['no flake', { 'other.nix': '' }],
] as const)('with %s nothing is run', async (_what, files) => {
  const { world, laid } = await given(files)
  await world.run()
  expect(await world.result()).toMatchObject({
    success: false,
    error: expect.stringContaining('could not be laid down'),
  })
  expect(existsSync(join(laid, '..', 'evil')) || existsSync('/tmp/evil-of-a-test')).toBe(false)
  expect(await readdir(world.seen)).not.toContain('nix-arguments')
})

test('with plain tools the agent and the check run without nix', async () => {
  const environment = { MICROVM_ENVIRONMENT: 'plain', MICROVM_CHECK: 'echo "in $(basename "$PWD")"' }
  const world = await runnerWorld(await temporaryFolder(), { environment })
  await world.run()
  expect(await world.result()).toMatchObject({ success: true, check: { exit_code: 0, output: 'in check\n' } })
  expect(await readdir(world.seen)).toContain('claude-arguments')
  expect(await readdir(world.seen)).not.toContain('nix-arguments')
})

test('with nothing said it is the flake of the repository, as ever', async () => {
  const world = await runnerWorld(await temporaryFolder())
  const { stdout } = await world.run()
  expect(stdout).toContain('microvm: entering the development shell\n')
  const seen = (await world.read(join(world.seen, 'nix-arguments'))).split('\0')
  expect(seen.slice(0, 4)).toEqual(['develop', 'path:.', '--no-write-lock-file', '--command'])
})

const noShell = `case " $* " in *" --system "*) ;; *) echo "error: flake does not provide attribute 'x'" >&2; exit 1 ;; esac`
/** What Rosetta says on a kernel that is too new for it. */
const tooNew = 'echo "rosetta error: unhandled auxillary vector type 29" >&2; exit 133'

test.each([
  // The program that the runner makes is a real one: this host runs it, too.
  ['Rosetta that runs a program', 'exec "$1"', true],
  ['Rosetta that does not start on this kernel', tooNew, false],
  ['no Rosetta', undefined, false],
] as const)('on ARM with %s, a shell for x86_64 alone is entered: %#', async (_what, rosetta, isEntered) => {
  const world = await runnerWorld(await temporaryFolder(), { arm: { rosetta }, nix: noShell })
  const { stdout } = await world.run()
  expect(await world.result()).toMatchObject({ success: isEntered })
  const seen = (await world.read(join(world.seen, 'nix-arguments'))).split('\0')
  expect(seen.includes('--system')).toBe(isEntered)
  expect(stdout.includes('Rosetta does not start here: rosetta error')).toBe(rosetta === tooNew)
})
