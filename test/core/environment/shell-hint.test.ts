import { expect, test } from 'vitest'
import { withShellHint } from '../../../main/core/environment/shell-hint.ts'

const failed = (said: string) =>
  ({ code: 'agent-failed', message: `nix develop failed (exit status 1)\n${said}` }) as const
const tools = { environment: { kind: 'tools' }, repo: 'app', repoPath: '/projects/app' } as const
const hintOf = (said: string, shell: Parameters<typeof withShellHint>[1] = tools) =>
  withShellHint(failed(said), shell)?.hint

/** As nix 2.26 says it. */
const offline =
  "error: unable to download 'https://github.com/NixOS/nixpkgs/archive/x.tar.gz': Could not resolve hostname (6)"

test.each([
  ['a full disk', 'error: writing to file: No space left on device', /delete slots\/N in the home/],
  ['no network', offline, /allow \/projects\/app --egress open, or --allow-host/],
  [
    'a mistake',
    'error: syntax error, unexpected end of file',
    /environments\/app\/flake\.nix .*allow \/projects\/app --environment tools/,
  ],
])('of %s in the flake of found tools it is said what to do', (_, said, hint) => {
  expect(hintOf(said)).toMatch(hint)
})

test('the repository’s own flake is its agent’s to mend, and one in a folder is named', () => {
  const own = { repo: 'app', repoPath: '/projects/app' }
  expect(hintOf('error: syntax error', own)).toBeUndefined()
  expect(hintOf(offline, own)).toMatch(/--egress open/)
  expect(hintOf('error: syntax error', { ...own, environment: { kind: 'folder', path: '/flakes/app' } })).toBe(
    'Its flake is the one in /flakes/app',
  )
})

test('another failure, and one that has a hint, stay as they are', () => {
  const others = [
    { code: 'agent-failed', message: 'Claude failed: nix develop failed (exit status 1)' },
    { ...failed('x'), code: 'guest-failed' },
    { ...failed('x'), hint: 'Do this' },
  ] as const
  for (const each of others) expect(withShellHint(each, tools)).toBe(each)
  expect(withShellHint(null, tools)).toBeNull()
})
