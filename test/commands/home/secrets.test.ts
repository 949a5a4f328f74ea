import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine } from '../../../main/commands/declarations/command-line.ts'
import { processTerminal } from '../../../main/commands/terminal/terminal.ts'
import { failureText, messageOf, toFailure } from '../../../main/core/failure.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const value = 'npm_a-token-of-the-user'
const host = ['--host', 'a.example']

test.each([
  [['npm', ...host], 'capital letters'],
  [['NPM'], 'host'],
  [['NPM', '--host', 'https://a.example'], 'no host'],
  [['NPM', '--host', '*.example.org'], 'no host'],
  [['NPM', '--host', 'api.anthropic.com'], 'setup-token'],
  [['NPM', ...host, '--basic', 'me', '--bearer'], 'one way'],
  [['NPM', ...host, '--basic', `me:${value}`], '--basic'],
  [['NPM', ...host, '--header', 'Host: x'], 'Host'],
  [['NPM', ...host, '--header', `Authorization: Bearer ${value}`], 'no header'],
  [['NPM', ...host, '--method', 'GET,TRACE'], 'TRACE'],
  [['NPM', ...host, '--repository', 'unknown'], 'not registered'],
  [['NPM', ...host, '--for', 'gem'], 'npm, pip, git, cargo, docker, nix'],
  [['NPM', ...host, '--public-key', `a:${'A'.repeat(43)}=`], '--for nix'],
  [['NPM', ...host, '--for', 'nix', '--public-key', value], 'NAME:KEY'],
  [['NPM', ...host, '--for', 'docker'], '--basic'],
  [['NPM', '--host', 'docker.io', '--for', 'docker', '--basic', 'me'], 'registry-1.docker.io'],
  [['NPM', ...host, '--token-host', 'b.example'], '--for docker'],
  [['NPM', ...host, '--for', 'docker', '--basic', 'me', '--token-host', 'https://b.example'], 'no host'],
  [['NPM', ...host, '--for', 'npm', '--for', 'none'], 'none'],
  [['NPM', ...host, '--path', '/../x'], '--path'],
  [['NPM', ...host, value], 'standard input'],
  [['NPM', ...host, '--bearer', value], 'standard input'],
  [['NPM', ...host, `--value=${value}`], 'standard input'],
  [['NPM', ...host, '--token', value], 'standard input'],
] as const)(
  'secrets add %j is refused before anything is read, without the secret in the answer',
  async (args, word) => {
    const home = await temporaryFolder()
    const refused = await commandLine(processTerminal(home))
      .parseAsync(['secrets', 'add', ...args], { from: 'user' })
      .then(
        () => 'it was taken',
        (error: unknown) => `${failureText(toFailure(error))} ${messageOf(error)}`,
      )
    expect(refused).toContain(word)
    expect(refused).not.toContain(value)
    await expect(stat(join(home, 'secrets.json'))).rejects.toThrow('ENOENT')
  },
)
