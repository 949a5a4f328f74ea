import { channels, firstDial, protocolVersion } from '../../fleet/protocol.ts'
import type { HomeAfter, Said, SaidFrame } from '../attack.ts'

const believes = { kind: 'said', rule: 'a place is believed like a guest' } as const

/** What the user said to the agent of the task, before the place speaks. */
export const saidByUser = 'aaaaaaaa-0000-4000-8000-000000000000'
const saidByNobody = 'bbbbbbbb-0000-4000-8000-000000000000'

const status = (changed: object): SaidFrame => ({
  message: {
    type: 'status',
    status: {
      ...{ phase: 'working', why: null, hasMachine: true, hasAgent: true, notes: [], stopReason: null, waits: null },
      ...{ read: [], ...changed },
    },
  },
})
const times = <Made>(count: number, make: (index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(index))

const when = (condition: boolean, harm: string): string | undefined => (condition ? harm : undefined)

/** What a place says of a task that it was given. */
export const placeAttacks: readonly Said[] = [
  {
    ...believes,
    name: 'place-frame-of-4-gib',
    tries: 'Says that its next frame has four gigabytes.',
    frames: () => [{ raw: Buffer.from([0xff, 0xff, 0xff, 0xff, 0, channels.console]) }],
    harm: ({ roomMade }) => when(roomMade > 1024 ** 2, `made room for ${roomMade} bytes`),
  },
  {
    ...believes,
    name: 'place-notes-without-end',
    tries: 'Notes forty things of its task, each four hundred times in other words.',
    frames: () => times(400, (round) => status({ notes: times(40, (index) => `note ${round} ${index}`) })),
    harm: ({ notes }) => when(notes.length > 100, `kept ${notes.length} notes`),
  },
  {
    ...believes,
    name: 'place-escapes-in-a-note',
    tries: 'Puts control sequences for a terminal into a note and into the reason of an end.',
    frames: () => [
      status({ notes: ['a \u001b]0;title\u0007 note'] }),
      { message: { type: 'done', end: { kind: 'failed', failure: { code: 'internal', message: '\u001b[2Jgone' } } } },
    ],
    harm: ({ notes, failure }) =>
      when([...notes, failure?.message ?? ''].join().includes('\u001b'), 'kept a control sequence'),
  },
  {
    ...believes,
    name: 'place-forges-receipts',
    tries: 'Says that its agent has read a message that nobody sent.',
    frames: () => [status({ read: [{ id: saidByNobody, as: 'answered' }] })],
    harm: ({ messages }) =>
      when(
        messages.some(({ id }) => id !== saidByUser),
        'put a message on record that nobody had sent',
      ),
  },
  {
    ...believes,
    name: 'place-takes-receipts-back',
    tries: 'Says that its agent has answered a message, and then that it has only read it.',
    frames: () => ['answered', 'delivered'].map((as) => status({ read: [{ id: saidByUser, as }] })),
    harm: ({ messages }) =>
      when(
        messages.every(({ state }) => state !== 'answered'),
        'took back that a message was answered',
      ),
  },
  {
    ...believes,
    name: 'place-last-words-of-200-kb',
    tries: 'Says that its agent waits, and two hundred thousand characters with it.',
    frames: () => [status({ waits: { said: 'x'.repeat(200_000) } })],
    harm: ({ said }) => when(said > 16_000, `kept ${said} characters of last words`),
  },
  {
    ...believes,
    name: 'place-cancels-for-the-user',
    tries: 'Ends its task as one that its user cancelled.',
    frames: () => [
      { message: { type: 'done', end: { kind: 'failed', failure: { code: 'cancelled', message: 'Cancelled' } } } },
    ],
    harm: ({ failure }) => when(failure?.code === 'cancelled', 'told a cancel that nobody had asked for'),
  },
  {
    ...believes,
    name: 'place-ends-what-it-was-not-given',
    tries: 'Ends a task before it was given one.',
    says: 'at once',
    frames: () => [
      { message: { type: 'done', end: { kind: 'failed', failure: { code: 'internal', message: 'Over' } } } },
    ],
    harm: ({ failure }) => when(failure !== null, 'took an end for that of a task that had not begun'),
  },
  {
    ...believes,
    name: 'place-result-of-16-mib',
    tries: 'Sends a result of sixteen megabytes.',
    frames: () => times(256, () => ({ channel: channels.result, bytes: Buffer.alloc(64 * 1024, ' ') })),
    harm: ({ kept }) => when(kept > 2 * 1024 ** 2, `kept ${kept} bytes`),
  },
  {
    ...believes,
    name: 'place-connections-without-end',
    tries: 'Opens a thousand connections to the gateway of this host.',
    frames: () => times(1_000, (index) => ({ message: { type: 'dial', channel: firstDial + index } })),
    harm: ({ connections }) => when(connections > 128, `opened ${connections} connections`),
  },
  {
    ...believes,
    name: 'place-commit-is-an-option',
    tries: 'Names a commit by words that git would take for an option.',
    frames: () => [{ message: { type: 'checkpoint', commit: '--upload-pack=touch' } }],
    harm: ({ commit }) => when(commit?.startsWith('-') === true, `took ${commit} for a commit`),
  },
  {
    ...believes,
    name: 'place-takes-the-key',
    tries:
      'Greets as one that is to have the key, which its user left at home, and says that it has the task, so that it is sent again.',
    says: 'first',
    frames: () =>
      ['empty', 'given'].map((seat) => ({
        message: { type: 'hello', protocol: protocolVersion, node: 'place', seat, run: 0, takesKey: true, key: 'node' },
      })),
    harm: ({ keys }) => when(keys > 0, `sent the key ${keys} times to a place that was not to have it`),
  },
]

/** Nothing was said yet. */
export const silentHome: HomeAfter = {
  ...{ roomMade: 0, notes: [], messages: [], said: 0, failure: null, kept: 0, connections: 0, keys: 0, commit: null },
}
