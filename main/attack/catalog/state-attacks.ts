import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LeftBehind, NaiveHost } from '../attack.ts'
import { fetches, naiveGit, receiverOf } from '../naive-hosts.ts'

const outside = { kind: 'left-behind', rule: 'state stays outside' } as const

const tasksIn = (receiver: string): string => join(receiver, '.microvm', 'tasks')

/** Commits a record of a task that never was, below a folder of that name. */
const commitsRecord = (folder: string): string => `mkdir -p "$REPO/${folder}/tasks/cafebabe"
  echo '{"status":"completed","merge_result":{"merged":true}}' >"$REPO/${folder}/tasks/cafebabe/task.json"
  ln -s "$VICTIM/keep.txt" "$REPO/${folder}/tasks/cafebabe/claude-stream.jsonl"
  git -C "$REPO" add -f "${folder}"; git -C "$REPO" commit -q -m Records`

/** A host with its records in the work tree: it writes down again what it finds there of each task. */
const keepsStreams: NaiveHost = fetches(
  ['HEAD'],
  async (receiver) => {
    for (const task of await readdir(tasksIn(receiver)))
      await writeFile(join(tasksIn(receiver), task, 'claude-stream.jsonl'), 'overwritten\n')
    return []
  },
  ['merge', '--quiet', '--ff-only', 'FETCH_HEAD'],
)

/** A host that makes the folders of its next task in the work tree. */
const makesShare: NaiveHost = fetches(
  ['HEAD'],
  async (receiver) => {
    await mkdir(join(tasksIn(receiver), 'deadbeef', 'share'), { recursive: true })
    return []
  },
  ['merge', '--quiet', '--ff-only', 'FETCH_HEAD'],
)

/** A host that refuses the name as it writes it itself, with a checkout on a file system to which other spellings are the same. */
const comparesExactly: NaiveHost = async (fixture) => {
  const record = join(tasksIn(receiverOf(fixture)), 'cafebabe', 'task.json')
  await mkdir(dirname(record), { recursive: true })
  await writeFile(record, '{"status":"failed"}')
  const paths = (await naiveGit(fixture.repo, ['ls-tree', '-r', '-z', '--name-only', 'HEAD'])).split('\0')
  for (const path of paths.filter((name) => name.endsWith('task.json') && !name.startsWith('.microvm/'))) {
    const folded = path
      .normalize('NFC')
      .replace(/\u200c/g, '')
      .toLowerCase()
    await writeFile(
      join(receiverOf(fixture), folded),
      await naiveGit(fixture.repo, ['cat-file', 'blob', `HEAD:${path}`]),
    )
  }
  return (await readFile(record, 'utf8')).includes('completed') ? ["overwrote the host's own record of a task"] : []
}

/** What a commit can name: the host keeps nothing that it trusts, and shares nothing, below such a path. */
export const stateAttacks: readonly LeftBehind[] = [
  {
    ...outside,
    name: 'records-in-a-commit',
    tries: 'Commits records of a task below .microvm, with a link where the host would keep a stream.',
    guest: commitsRecord('.microvm'),
    naive: keepsStreams,
  },
  {
    ...outside,
    name: 'records-in-another-spelling',
    tries: 'Commits them under names that macOS and Windows take for .microvm.',
    // Twice: what a file system folds, and what it does not see.
    guest: ['.MicroVM', '.micro\u200cvm'].map(commitsRecord).join('\n'),
    naive: comparesExactly,
  },
  {
    ...outside,
    name: 'tasks-folder-is-a-link',
    tries: 'Commits a link to a folder of the host where the folders of the next tasks would be.',
    guest: `mkdir -p "$REPO/.microvm"; ln -s "$VICTIM" "$REPO/.microvm/tasks"
      git -C "$REPO" add -f .microvm; git -C "$REPO" commit -q -m Link`,
    naive: makesShare,
  },
]
