import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeftBehind, NaiveHost } from '../attack.ts'
import { reads, takesWhole, waitsFor } from '../naive-hosts.ts'

const listens = { kind: 'left-behind', listens: true, rule: 'files are checked' } as const

/** Keeps a state for every message that the stream names. */
const believesReceipts: NaiveHost = async ({ share }) => {
  const states = new Map<string, string>()
  for (const line of (await readFile(join(share, 'claude-stream.jsonl'), 'utf8')).split('\n')) {
    const [, id = '', state = ''] = /"command_uuid":"([^"]*)","state":"([^"]*)"/.exec(line) ?? []
    if (id !== '') states.set(id, state)
  }
  return states.size > 0 ? [`put ${states.size} messages on record that nobody had sent`] : []
}

/** Writes what is to be read into the file of that name. */
const writesMessages: NaiveHost = async ({ share }) => {
  await writeFile(join(share, 'messages.jsonl'), 'What the user says\n')
  return []
}

const receipt = (id: string, state: string): string =>
  `{\\"type\\":\\"command_lifecycle\\",\\"command_uuid\\":\\"${id}\\",\\"state\\":\\"${state}\\"}`

/** What a guest does with messages, and with its word that its agent waits for one. */
export const messageAttacks: readonly LeftBehind[] = [
  {
    ...listens,
    name: 'receipts-without-end',
    tries: 'Writes three hundred thousand receipts for messages into the stream, each for another one.',
    guest: `seq 300000 | awk '{ printf "${receipt('%08d-0000-4000-8000-000000000000', 'started')}\\n", $1 }' >>"$SHARE/claude-stream.jsonl"`,
    naive: believesReceipts,
  },
  {
    ...listens,
    name: 'receipts-forged',
    tries:
      'Says of messages that were never sent that they were read, under names that objects have by themselves, in parts of lines and in a text.',
    guest: `for id in __proto__ constructor toString 11111111-0000-4000-8000-000000000000; do
  echo "${receipt('$id', 'started')}"; echo "${receipt('$id', 'completed')}"; echo "[${receipt('$id', 'completed')}"
done >>"$SHARE/claude-stream.jsonl"
echo '{"type":"command_lifecycle","command_uuid":{"toString":1},"state":["started"]}' >>"$SHARE/claude-stream.jsonl"`,
    naive: believesReceipts,
  },
  {
    ...listens,
    name: 'messages-lead-out',
    tries: 'Makes links to a file of the host of the names under which messages are laid down for it.',
    guest:
      'for name in messages.jsonl .messages.jsonl; do rm -rf "$SHARE/$name"; ln -s "$VICTIM/keep.txt" "$SHARE/$name"; done',
    naive: writesMessages,
  },
  {
    ...listens,
    name: 'wait-is-a-link',
    tries: 'Says that its agent waits by a link to a file of the host.',
    guest: 'ln -sf "$SECRET_FILE" "$SHARE/agent-waits"',
    naive: reads('share', 'agent-waits'),
  },
  {
    ...listens,
    name: 'wait-is-a-fifo',
    tries: 'Says that its agent waits by a FIFO, so that its reader waits for ever.',
    guest: 'rm -f "$SHARE/agent-waits"; mkfifo "$SHARE/agent-waits"',
    naive: waitsFor('share', 'agent-waits'),
  },
  {
    ...listens,
    name: 'last-words-of-64-mib',
    tries: 'Says that its agent waits, and 64 MiB with it.',
    guest: 'head -c 67108864 /dev/zero | tr "\\0" x >"$SHARE/agent-waits"',
    naive: takesWhole('agent-waits', 1024 ** 2),
  },
]
