import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { run } from '../../lib/processes/spawn.ts'
import type { Fixture, LeftBehind, NaiveHost } from '../attack.ts'
import { copies, deletes, fallsOver, reads, takesWhole, waitsFor, walks, writes } from '../naive-hosts.ts'

const mebibyte = 1024 ** 2
const checked = { kind: 'left-behind', rule: 'files are checked' } as const
const deletion = { kind: 'left-behind', rule: 'deletion stays inside' } as const

/** A guest's program as its result.json, with more members in it. */
const resultWith = (members: string): string =>
  `printf '%s' '{"success":true,"summary":"Done.","files_changed":[],"error":null${members}}' >"$SHARE/result.json"`

const parsedResult = async ({ share }: Fixture): Promise<unknown> =>
  JSON.parse(await readFile(join(share, 'result.json'), 'utf8'))

const inPlaceOfResult = (command: string): string => `rm "$SHARE/result.json"; ${command}`

/** Goes down into what it parsed by calling itself. */
const walksResult: NaiveHost = async (fixture) => {
  const depth = (value: unknown): number =>
    value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
  try {
    depth(await parsedResult(fixture))
    return []
  } catch (error) {
    return [`fell over the depth of it: ${String(error)}`]
  }
}

/** Lays the guest's members over its defaults, one by one, in a world of its own. */
const mergesResult: NaiveHost = async ({ share }) => {
  const world = createContext({ text: await readFile(join(share, 'result.json'), 'utf8') })
  const polluted: unknown = runInContext(
    `const lay = (into, from) => {
       for (const key of Object.keys(from))
         if (from[key] !== null && typeof from[key] === 'object' && into[key]) lay(into[key], from[key])
         else into[key] = from[key]
     }
     lay({}, JSON.parse(text)); ({}).trusted`,
    world,
  )
  return polluted === true ? ['every object of the program got a member of the guest'] : []
}

const readsNamedFiles: NaiveHost = async (fixture) => {
  const { files_changed } = (await parsedResult(fixture)) as { files_changed: string[] }
  const [name = ''] = files_changed
  const text = await readFile(join(fixture.repo, name), 'utf8')
  return text.includes(fixture.secret) ? ['showed a file of the host as one that the guest changed'] : []
}

const cleansInPlace: NaiveHost = async ({ share }) => {
  await writeFile(join(share, 'claude-stream.jsonl'), '')
  return (await readFile(join(share, 'result.json'), 'utf8')) === '' ? ['changed one file by writing another'] : []
}

const believesShare: NaiveHost = async ({ share }) => {
  const { status } = JSON.parse(await readFile(join(share, 'task.json'), 'utf8')) as { status: string }
  return status === 'completed' ? ['took a failed task for a completed one'] : []
}

const deletesLineByLine: NaiveHost = async ({ share }) => {
  await run('sh', ['-c', 'find . ! -type d | xargs -d "\\n" rm -f'], { cwd: share })
  return []
}

export const shareAttacks: readonly LeftBehind[] = [
  {
    ...checked,
    name: 'result-is-a-link',
    tries: 'Leaves a link to a file of the host as result.json.',
    guest: inPlaceOfResult('ln -s "$SECRET_FILE" "$SHARE/result.json"'),
    naive: reads('share', 'result.json'),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-is-a-hard-link',
    tries: 'Makes result and stream one file, so that writing one changes the other.',
    guest: 'ln -f "$SHARE/result.json" "$SHARE/claude-stream.jsonl"',
    naive: cleansInPlace,
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-is-a-fifo',
    tries: 'Leaves a FIFO as result.json, so that its reader waits for ever.',
    guest: inPlaceOfResult('mkfifo "$SHARE/result.json"'),
    naive: waitsFor('share', 'result.json'),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-is-a-socket',
    tries: 'Leaves a socket as result.json.',
    guest: inPlaceOfResult(`perl -MSocket -e '
      socket(my $s, PF_UNIX, SOCK_STREAM, 0); chdir $ENV{SHARE}; bind($s, pack_sockaddr_un("result.json")) or die $!'`),
    naive: fallsOver('share', 'result.json'),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-is-a-folder',
    tries: 'Leaves a folder as result.json.',
    guest: inPlaceOfResult('mkdir -p "$SHARE/result.json/result.json"'),
    naive: fallsOver('share', 'result.json'),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'no-result',
    tries: 'Powers off without a result, for a host that counts on one.',
    guest: 'rm "$SHARE/result.json" "$SHARE/claude-stream.jsonl"',
    naive: fallsOver('share', 'result.json'),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-of-16-mib',
    tries: 'Writes a result of 16 MiB.',
    guest: 'head -c 16M /dev/zero | tr "\\0" " " >"$SHARE/result.json"',
    naive: takesWhole('result.json', mebibyte),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-of-8-tib',
    tries: 'Makes result.json 8 TiB long, all of it a hole.',
    guest: 'truncate -s 8T "$SHARE/result.json"',
    naive: takesWhole('result.json', mebibyte),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-nested-deep',
    tries: 'Writes a result with 400,000 brackets inside each other.',
    guest: `perl -e 'print q({"success":true,"summary":"Done.","files_changed":[],"error":null,"deep":),
      "[" x 400000, "]" x 400000, "}"' >"$SHARE/result.json"`,
    naive: walksResult,
    ends: 'kept',
  },
  {
    ...checked,
    name: 'result-with-prototype',
    tries: 'Writes a member __proto__, to give every object of the host a member.',
    guest: resultWith(',"__proto__":{"trusted":true},"constructor":{"prototype":{"trusted":true}}'),
    naive: mergesResult,
  },
  {
    ...checked,
    name: 'result-names-host-files',
    tries: 'Names a file of the host as one that it changed.',
    guest: `printf '{"success":true,"summary":"Done.","files_changed":["../../../../../../../../../../../../../..%s"],"error":null}' \\
      "$SECRET_FILE" >"$SHARE/result.json"`,
    naive: readsNamedFiles,
  },
  {
    ...checked,
    name: 'result-of-no-text',
    tries: 'Writes bytes that are neither UTF-8 nor JSON, with NULs among them.',
    guest: `printf '\\377\\376\\000{"success":\\000true' >"$SHARE/result.json"`,
    naive: (fixture) =>
      parsedResult(fixture).then(
        () => [],
        (error: unknown) => [`fell over it: ${(error as Error).name}`],
      ),
    ends: 'kept',
  },
  {
    ...checked,
    name: 'stream-is-a-link',
    tries: "Leaves a link to a file of the host as the agent's stream.",
    guest: 'ln -sf "$SECRET_FILE" "$SHARE/claude-stream.jsonl"',
    naive: copies('claude-stream.jsonl'),
  },
  {
    ...checked,
    name: 'stream-is-a-fifo',
    tries: "Leaves a FIFO as the agent's stream.",
    guest: 'rm -f "$SHARE/claude-stream.jsonl"; mkfifo "$SHARE/claude-stream.jsonl"',
    naive: waitsFor('share', 'claude-stream.jsonl'),
  },
  {
    ...checked,
    name: 'stream-of-one-endless-line',
    tries: "Makes the agent's stream one line of 300 MiB.",
    guest: 'truncate -s 300M "$SHARE/claude-stream.jsonl"',
    naive: takesWhole('claude-stream.jsonl', 256 * mebibyte),
  },
  {
    kind: 'left-behind',
    rule: 'state stays outside',
    name: 'state-forged-in-share',
    tries: 'Writes a task.json and an events.jsonl of its own, in which the task is completed and merged.',
    guest: `echo '{"status":"completed","pid":1,"merge_result":{"merged":true}}' | tee "$SHARE/task.json" >"$SHARE/events.jsonl"
      echo '{"success":false,"summary":"","files_changed":[],"error":"No."}' >"$SHARE/result.json"`,
    naive: believesShare,
    ends: 'kept',
  },
  {
    kind: 'left-behind',
    rule: 'the key goes',
    name: 'key-is-a-link',
    tries: 'Puts a link to a file of the host where its key was, for the host to blank or delete.',
    guest: 'rm -f "$SHARE/.api-key"; ln -s "$VICTIM/keep.txt" "$SHARE/.api-key"',
    naive: writes('.api-key'),
  },
  {
    kind: 'left-behind',
    rule: 'the key goes',
    name: 'key-is-a-folder',
    tries: 'Puts a folder with a link to a folder of the host where its key was.',
    guest: 'rm -f "$SHARE/.api-key"; mkdir "$SHARE/.api-key"; ln -s "$VICTIM" "$SHARE/.api-key/out"',
    naive: deletes('share'),
  },
  {
    ...checked,
    name: 'share-given-again',
    tries: 'Puts links to a file of the host where the host writes when the task goes on in another guest.',
    guest: `for name in task.md environment start-ref started .api-key; do ln -sfn "$VICTIM/keep.txt" "$SHARE/$name"; done`,
    naive: writes('environment'),
  },
  {
    ...deletion,
    name: 'links-in-the-share',
    tries: 'Fills its share with links to a folder of the host, for its deletion to follow.',
    guest: 'mkdir -p "$SHARE/a/b"; ln -s "$VICTIM" "$SHARE/a/b/out"; ln -s "$VICTIM/" "$SHARE/-rf"',
    naive: deletes('share'),
  },
  {
    ...deletion,
    name: 'links-in-the-clone',
    tries: 'Puts a link to a folder of the host in place of a folder of its clone.',
    guest: 'rm -r "$REPO/dir"; ln -s "$VICTIM" "$REPO/dir"',
    naive: deletes('repo'),
  },
  {
    ...deletion,
    name: 'names-with-line-breaks',
    tries: 'Names a folder so that one path, read line by line, is another.',
    guest: `mkdir -p "$SHARE/x"$'\\n'"$VICTIM"; echo >"$SHARE/x"$'\\n'"$VICTIM/keep.txt"`,
    naive: deletesLineByLine,
  },
  {
    ...deletion,
    name: 'folders-too-deep-in-the-share',
    tries: 'Nests folders until no path is long enough to name the last.',
    guest: `perl -e 'chdir $ENV{SHARE}; for (1..60) { mkdir "d" x 100; chdir "d" x 100 or die $! } open F, ">last"'`,
    naive: walks('share'),
    inPlace: true,
  },
  {
    ...deletion,
    name: 'folders-too-deep-in-the-clone',
    tries: 'Does the same in its clone, where git has to look.',
    guest: `perl -e 'chdir $ENV{REPO}; for (1..60) { mkdir "d" x 100; chdir "d" x 100 or die $! } open F, ">last"'`,
    naive: walks('repo'),
    inPlace: true,
  },
]
