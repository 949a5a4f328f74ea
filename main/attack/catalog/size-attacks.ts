import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeftBehind, NaiveHost } from '../attack.ts'
import { naiveGit } from '../naive-hosts.ts'

const mebibyte = 1024 ** 2
const limits = { kind: 'left-behind', rule: 'limits hold' } as const

/** Takes what git prints of the clone into one text. */
const takes =
  (args: readonly string[], what: string, limitBytes: number): NaiveHost =>
  async ({ repo }) => {
    const { length } = await naiveGit(repo, args)
    return length > limitBytes ? [`took ${length} bytes into memory for ${what}`] : []
  }

/** Notes each folder that it cannot look into, with its path, in a record that is written at every change. */
const notesAll: NaiveHost = async ({ repo }) => {
  const notes: string[] = []
  const look = async (folder: string): Promise<void> => {
    try {
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) await look(path)
        else await lstat(path)
      }
    } catch (error) {
      notes.push(`${folder} could not be read: ${(error as NodeJS.ErrnoException).code}`)
    }
  }
  await look(repo)
  const { length } = JSON.stringify(notes)
  return length > mebibyte ? [`wrote ${length} bytes of notes into a record`] : []
}

/** What is small in a clone and large in the memory or the records of who reads it. */
export const sizeAttacks: readonly LeftBehind[] = [
  {
    ...limits,
    name: 'message-of-64-mib',
    tries: 'Commits with a message of 64 MiB of one letter, which takes some kilobytes in a pack.',
    guest: `evil=$({ printf 'tree %s\\nparent %s\\n' "$(git -C "$REPO" rev-parse 'HEAD^{tree}')" "$(git -C "$REPO" rev-parse HEAD)"
        printf '%s A <a@example.invalid> 1700000000 +0000\\n' author committer
        echo; head -c 64M /dev/zero | tr '\\0' a; } | git -C "$REPO" hash-object -t commit -w --stdin)
      git -C "$REPO" update-ref HEAD "$evil"`,
    naive: takes(['log', '-1', '--format=%B'], 'the message of one commit', mebibyte),
    ends: 'merged',
  },
  {
    ...limits,
    name: 'names-of-16-mib',
    tries: 'Commits 400 files in folders with names of 4,000 characters, so that a list of them is 16 MiB.',
    guest: `tree=$(perl -e 'print "blob\\nmark :1\\ndata 1\\nx\\ncommit refs/heads/flat\\ncommitter A <a\\@example.invalid> 1700000000 +0000\\ndata 0\\n";
        print "M 100644 :1 f$_\\n" for 1 .. 400; print "\\n"' | git -C "$REPO" fast-import --force --quiet; git -C "$REPO" rev-parse 'flat^{tree}')
      git -C "$REPO" branch -q -D flat; folder=$(printf 'd%.0s' {1..4000})
      for level in {1..10}; do tree=$(printf '040000 tree %s\\t%s\\n' "$tree" "$folder" | git -C "$REPO" mktree); done
      tree=$({ git -C "$REPO" ls-tree HEAD; printf '040000 tree %s\\tlong\\n' "$tree"; } | git -C "$REPO" mktree)
      git -C "$REPO" update-ref HEAD "$(echo Evil | git -C "$REPO" commit-tree "$tree" -p HEAD)"`,
    naive: takes(['ls-tree', '-r', '--name-only', 'HEAD'], 'the names of its files', 8 * mebibyte),
    ends: 'kept',
  },
  {
    ...limits,
    name: 'folders-without-end',
    tries: 'Makes a thousand folders that no path is long enough to name, for the host to note each of them.',
    guest: `perl -e 'chdir $ENV{REPO}; my $d = "a" x 250; for (1 .. 16) { mkdir $d; chdir $d or die $! }
      for (1 .. 1000) { mkdir(("b" x 240) . $_) or die $! }'`,
    naive: notesAll,
    inPlace: true,
  },
]
