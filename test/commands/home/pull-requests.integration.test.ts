import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine } from '../../../main/commands/declarations/command-line.ts'
import { addSecretCommand } from '../../../main/commands/home/secrets.ts'
import { processTerminal } from '../../../main/commands/terminal/terminal.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const token = 'ghp_0123456789abcdefSECRET'

test('pull requests are set for a repository under review, with a secret of its forge, and listed and removed', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const repo = join(folder, 'project')
  await mkdir(home, { mode: 0o700 })
  await makeRepository(repo)
  await registerRepository(home, { path: repo })
  const said: string[] = []
  const terminal = { ...processTerminal(home), say: (line: string) => void said.push(line), note: () => undefined }
  const run = async (...args: string[]): Promise<string> => {
    said.length = 0
    await commandLine(terminal).parseAsync(args, { from: 'user' })
    return said.join('\n')
  }
  const set = (...more: string[]) =>
    run('pull-requests', 'set', 'project', '--forge', 'github', '--secret', 'HUB', ...more)
  const keep = (host: string, repository?: readonly string[]) =>
    addSecretCommand(terminal, 'HUB', { host, forThisHost: true, ...(repository && { repository }) }, async () => token)

  await expect(set()).rejects.toThrow('does not wait for a review')
  await registerRepository(home, { path: repo, merge: 'review' })
  await expect(set()).rejects.toThrow("has no remote 'origin'")
  await gitIn(repo, ['remote', 'add', 'origin', 'git@github.com:o/r.git'])
  await expect(set()).rejects.toThrow("There is no secret 'HUB'")
  await keep('gitlab.com')
  await expect(set()).rejects.toThrow('The secret HUB is for gitlab.com')
  await expect(keep('github.com', ['project'])).rejects.toThrow('--repository does not go with it')
  await keep('github.com')
  expect(await run('secrets', 'list')).toContain('repositories: none, for pull requests of this host')
  await expect(set('--target', '../x')).rejects.toThrow('no name of a branch')
  await expect(set('--api', 'http://github.com/api')).rejects.toThrow('without https')

  expect(await set('--target', 'next')).toBe('Set: project')
  expect(await run('pull-requests', 'list')).toBe(
    '  project: o/r at github (https://api.github.com, https://github.com/o/r.git), into next, with HUB',
  )
  expect((await stat(join(home, 'forges.json'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(home, 'forges.json'), 'utf8')).not.toContain(token)
  expect(await run('pull-requests', 'remove', 'project')).toBe('Removed: project')
  await expect(run('pull-requests', 'remove', 'project')).rejects.toThrow('has no pull requests')
})
