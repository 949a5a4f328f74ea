import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../support/command-line.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('hooks are added with their addresses unseen, listed, tried and removed, and a wrong wish is refused', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  const run = (args: readonly string[], input?: string) =>
    runCommand(['hooks', ...args], { home, cwd: folder, ...(input !== undefined && { input }) })

  await makeRepository(join(folder, 'project'))
  await runCommand(['allow', 'project'], { home, cwd: folder })
  const address = 'https://hooks.example.test/services/the-secret-part'
  const added = await run(['add', 'team', '--to', 'slack', '--on', 'failed', '--on', 'needs-you'], `${address}\n`)
  expect(added).toMatchObject({ exitCode: 0, stdout: 'Added: team\n' })
  const signed = await run(['add', 'builds', '--to', 'webhook', '--repository', 'project'], address)
  expect(signed.stderr).toMatch(/shown once: whsec_[\w+/]{43}=/)
  await run(['add', 'log', '--to', 'command', '--command', 'cat >seen; exit 3'])
  const listed = await run(['list'])
  expect(listed.stdout).toBe(
    [
      '  team: slack at hooks.example.test, of all repositories: needs-you, failed',
      '  builds: webhook at hooks.example.test, of project: merged, needs-you, failed, idle, pull-request',
      '  log: command "cat >seen; exit 3", of all repositories: merged, needs-you, failed, idle, pull-request',
      '',
    ].join('\n'),
  )
  expect(JSON.stringify([added, signed, listed])).not.toContain('the-secret-part')
  expect((await stat(join(home, 'hooks.json'))).mode & 0o777).toBe(0o600)

  const tried = await run(['test', 'log'])
  expect(tried).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('The hook log could not be told') })
  expect(JSON.parse(await readFile(join(folder, 'seen'), 'utf8'))).toMatchObject({ type: 'task.test' })
  await run(['add', 'log', '--to', 'command', '--command', 'cat >seen'])
  expect(await run(['test', 'log'])).toMatchObject({ exitCode: 0, stdout: 'Told: log\n' })

  expect(await run(['remove', 'team'])).toMatchObject({ exitCode: 0, stdout: 'Removed: team\n' })
  for (const [args, input, why] of [
    [['remove', 'team'], '', "There is no hook 'team'"],
    [['add', 'Team', '--to', 'slack'], address, 'A name is small letters'],
    [['add', 'x', '--to', 'slack'], 'ftp://x/', 'must be a URL with http or https'],
    [['add', 'x', '--to', 'slack'], 'https://me:secret@x/', 'must hold no user and no password'],
    [['add', 'x', '--to', 'ntfy'], 'https://ntfy.example.test/', 'must end with a topic'],
    [['add', 'x', '--to', 'command'], '', '--command goes with --to command'],
    [['add', 'x', '--to', 'slack', '--token'], address, '--token goes with --to ntfy'],
    [['add', 'x', '--to', 'slack', '--repository', 'projekt'], address, "'projekt'"],
    [['add', 'x', '--to', 'fax'], address, 'fax'],
  ] as const) {
    const refused = await run([...args], input)
    expect(refused.exitCode, args.join(' ')).toBe(1)
    expect(refused.stderr).toContain(why)
  }
})
