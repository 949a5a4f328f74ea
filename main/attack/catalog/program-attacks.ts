import type { Ends, Fixture, LeftBehind, NaiveHost } from '../attack.ts'
import { gitInClone, naiveGit, receiverOf } from '../naive-hosts.ts'

const nothingRuns = { kind: 'left-behind', rule: 'nothing runs' } as const

/** Settings of the clone, written past git, which would refuse some. */
const setting = (section: string, ...lines: readonly string[]): string =>
  `printf '%s\\n' ${[`[${section}]`, ...lines].map((line) => `"${line.replaceAll('"', '\\"')}"`).join(' ')} >>"$REPO/.git/config"`

const hook = (path: string): string => `printf '#!/bin/sh\\n%s\\n' "$FIRE" >"${path}"; chmod 755 "${path}"`

const attributes = (text: string): string => `echo '${text}' >"$REPO/.gitattributes"`
const held = (...paths: readonly string[]): Ends => ({ held: paths })
const change = 'echo changed >>"$REPO/a.txt"'

/** A submodule `x` in the index, with an address of the guest's choosing. */
const submodule = (url: string): string =>
  `printf '[submodule "x"]\\n\\tpath = x\\n\\turl = %s\\n' "${url}" >"$REPO/.gitmodules"
   git -C "$REPO" update-index --add --cacheinfo "160000,$OTHER_COMMIT,x"`

/** Git that finds no repository where it stands looks further up, and there is the user's own. */
const climbs: NaiveHost = async (fixture: Fixture) => {
  const receiver = receiverOf(fixture)
  const before = await naiveGit(receiver, ['rev-parse', 'main'])
  await gitInClone(['add', '--all'], ['commit', '--message=WIP'])(fixture)
  return before === (await naiveGit(receiver, ['rev-parse', 'main'])) ? [] : ["committed to the user's own branch"]
}

const findsLock: NaiveHost = async ({ repo }) =>
  (await naiveGit(repo, ['add', '--all'])).includes('index.lock') ? ['could not save the work for a lock'] : []

export const programAttacks: readonly LeftBehind[] = [
  {
    ...nothingRuns,
    name: 'fsmonitor',
    tries: 'Names a program as core.fsmonitor.',
    guest: setting('core', 'fsmonitor = "$FIRE"'),
    naive: gitInClone(['status']),
  },
  {
    ...nothingRuns,
    name: 'fsmonitor-inside',
    tries: 'Does so in a repository inside its clone, with a gitlink that leads there.',
    guest: `git init -q "$REPO/nested"; git -C "$REPO/nested" commit -q --allow-empty -m Nested
      git -C "$REPO" -c advice.addEmbeddedRepo=false add nested
      printf '[core]\\nfsmonitor = "%s"\\n' "$FIRE" >>"$REPO/nested/.git/config"; echo x >"$REPO/nested/x"`,
    naive: gitInClone(['status']),
  },
  {
    ...nothingRuns,
    name: 'clean-filter',
    tries: 'Names a program as clean filter of every file.',
    guest: `${setting('filter "evil"', 'clean = "$FIRE"')}; ${attributes('* filter=evil')}; ${change}`,
    naive: gitInClone(['add', '--all']),
    ends: held('.gitattributes'),
  },
  {
    ...nothingRuns,
    name: 'smudge-filter',
    tries: 'Names a program as smudge filter of every file.',
    guest: `${setting('filter "evil"', 'smudge = "$FIRE"')}; ${attributes('* filter=evil')}; ${change}`,
    naive: gitInClone(['checkout', '--force', '--', 'a.txt']),
    ends: held('.gitattributes'),
  },
  {
    ...nothingRuns,
    name: 'lfs-process-filter',
    tries: 'Names a program as the process of the filter lfs.',
    guest: `${setting('filter "lfs"', 'process = "$FIRE"', 'clean = "$FIRE"')}; ${attributes('a.txt filter=lfs')}; ${change}`,
    naive: gitInClone(['add', '--all']),
    ends: held('.gitattributes'),
  },
  {
    ...nothingRuns,
    name: 'hooks',
    tries: "Puts programs into its clone's hooks.",
    guest: `mkdir -p "$REPO/.git/hooks"
      for name in pre-commit post-checkout post-index-change reference-transaction post-commit; do
        ${hook('$REPO/.git/hooks/$name')}; done`,
    naive: gitInClone(['add', '--all'], ['commit', '--message=WIP']),
  },
  {
    ...nothingRuns,
    name: 'hooks-elsewhere',
    tries: 'Names another folder for hooks.',
    guest: `mkdir "$REPO/tools"; ${hook('$REPO/tools/post-index-change')}; ${setting('core', 'hooksPath = tools')}`,
    naive: gitInClone(['add', '--all']),
  },
  {
    ...nothingRuns,
    name: 'external-diff',
    tries: 'Names a program that shows differences.',
    guest: `${setting('diff', 'external = "$FIRE"')}; ${change}`,
    naive: gitInClone(['diff']),
  },
  {
    ...nothingRuns,
    name: 'textconv',
    tries: 'Names a program that turns files into text.',
    guest: `${setting('diff "evil"', 'textconv = "$FIRE"')}; ${attributes('* diff=evil')}; ${change}`,
    naive: gitInClone(['diff']),
    ends: held('.gitattributes'),
  },
  {
    ...nothingRuns,
    name: 'included-settings',
    tries: 'Includes another file with settings.',
    guest: `printf '[core]\\nfsmonitor = "%s"\\n' "$FIRE" >"$REPO/more.config"; ${setting('include', 'path = ../more.config')}`,
    naive: gitInClone(['status']),
  },
  {
    ...nothingRuns,
    name: 'ssh-command',
    tries: 'Names a program in place of ssh, and an origin that needs it.',
    guest: `${setting('core', 'sshCommand = "$FIRE"')}; ${setting('remote "origin"', 'url = ssh://nowhere.invalid/x', 'fetch = +refs/heads/*:refs/remotes/origin/*')}`,
    naive: gitInClone(['fetch', 'origin']),
  },
  {
    ...nothingRuns,
    name: 'signing-program',
    tries: 'Has every commit signed, by a program of its own.',
    guest: `${setting('commit', 'gpgSign = true')}; ${setting('gpg', 'program = "$FIRE"')}`,
    naive: gitInClone(['add', '--all'], ['commit', '--message=WIP']),
  },
  {
    ...nothingRuns,
    name: 'editor',
    tries: 'Names a program as editor of messages.',
    guest: setting('core', 'editor = "$FIRE"'),
    naive: gitInClone(['add', '--all'], ['commit']),
  },
  {
    ...nothingRuns,
    name: 'submodule-by-command',
    tries: 'Adds a submodule whose address is a command.',
    guest: `${submodule('ext::$FIRE %S')}; ${setting('protocol "ext"', 'allow = always')}`,
    naive: gitInClone(['submodule', 'update', '--init']),
    ends: 'kept',
  },
  {
    ...nothingRuns,
    name: 'submodule-update-command',
    tries: 'Has a submodule updated by a command of its own.',
    guest: `${submodule('$OTHER')}; ${setting('submodule "x"', 'active = true', 'url = $OTHER', 'update = "!$FIRE"')}; ${setting('protocol "file"', 'allow = always')}`,
    naive: gitInClone(['submodule', 'update']),
    ends: 'kept',
  },
  {
    ...nothingRuns,
    name: 'work-tree-elsewhere',
    tries: "Names a folder of the host as its clone's work tree.",
    guest: setting('core', 'worktree = $VICTIM'),
    naive: gitInClone(['clean', '--force', '-d', '-x']),
  },
  {
    ...nothingRuns,
    name: 'repository-gone',
    tries: "Deletes its .git, so that git finds the user's repository above.",
    guest: 'rm -rf "$REPO/.git"',
    naive: climbs,
  },
  {
    kind: 'left-behind',
    rule: 'limits hold',
    name: 'index-locked',
    tries: 'Leaves locks, so that its work cannot be saved.',
    guest: 'for file in index HEAD config packed-refs; do : >"$REPO/.git/$file.lock"; done',
    naive: findsLock,
  },
]
