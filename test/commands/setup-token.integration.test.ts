import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setupToken } from '../../main/commands/setup-token.ts'
import type { Terminal } from '../../main/commands/terminal/terminal.ts'
import { runCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'

const token = `sk-ant-oat01-${'Ab3_-'.repeat(18)}AA`

/** A `claude` that must have a terminal, says so, and prints what it is told in the way of the real one. */
async function placeWithClaude(lines: readonly string[], exitCode = 0) {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const bin = join(folder, "it's a bin")
  await Promise.all([mkdir(home, { mode: 0o700 }), mkdir(bin)])
  const claude = join(bin, 'claude')
  const printed = lines.map((line) => `printf '%b\\r\\r\\n' '${line}'`).join('\n')
  await writeFile(
    claude,
    `#!/bin/sh\n[ "$*" = setup-token ] || exit 64\n[ -t 1 ] || exit 65\n${printed}\nexit ${exitCode}\n`,
  )
  await chmod(claude, 0o755)
  return {
    home,
    run: () =>
      runCommand(['setup-token'], { home, env: { PATH: `${bin}:${process.env.PATH ?? ''}`, SHELL: '/bin/sh' } }),
  }
}

test('the token that claude setup-token shows on its terminal is stored for its owner alone', async () => {
  const place = await placeWithClaude([
    'Your OAuth token (valid for 1 year):',
    '',
    `\\033[38;5;220m${token.slice(0, 80)}`,
    `${token.slice(80)}\\033[39m`,
    '',
    'Store this token securely.',
  ])
  const { exitCode, stdout } = await place.run()
  const path = join(place.home, 'token')
  expect(stdout).toContain('Your OAuth token')
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(`Stored: ${path}`)
  expect(exitCode).toBe(0)
  expect(await readFile(path, 'utf8')).toBe(`${token}\n`)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(place.home)).toEqual(['token'])
})

test('a sign-in that fails or shows no token stores nothing and says so', async () => {
  const failing = await placeWithClaude(['Sign-in failed'], 3)
  expect(await failing.run()).toMatchObject({
    exitCode: 1,
    stderr: 'Error: claude setup-token ended with status 3. See what it said above\n',
  })
  const silent = await placeWithClaude(['Welcome'])
  expect(await silent.run()).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: .*showed no token.*\n$/),
  })
  expect([await readdir(failing.home), await readdir(silent.home)]).toEqual([[], []])
})

test('without Claude Code the command says what to install', async () => {
  const home = await temporaryFolder()
  const terminal = { home, say: () => expect.unreachable() }
  await expect(setupToken(terminal as unknown as Terminal, async () => undefined)).rejects.toMatchObject({
    code: 'host-incomplete',
    message: 'Claude Code is not installed, and its setup-token command makes the token',
    hint: expect.stringContaining('npm install -g @anthropic-ai/claude-code'),
  })
})
