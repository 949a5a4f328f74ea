/** When the agent reads a text: at its next step, once it is done with what it does, or now, which ends the tool that it uses. */
export const messageTimes = ['next', 'after', 'now'] as const

export type MessageTime = (typeof messageTimes)[number]

/** What becomes of a message: `delivered` is one that the agent has read, `answered` one whose turn has come to its end. */
export type MessageState = 'queued' | 'delivered' | 'answered' | 'lost'

/**
 * What is said or done to an agent after its task began; `finish` lets it come to its end where it would wait for more. The id is a UUID, by which
 * its agent knows it too.
 */
export type NewMessage =
  | { readonly id: string; readonly kind: 'text'; readonly text: string; readonly when: MessageTime }
  | { readonly id: string; readonly kind: 'interrupt' }
  | { readonly id: string; readonly kind: 'finish' }

export type TaskMessage = NewMessage & { readonly sentAt: string; readonly state: MessageState }

/** A text that an agent of a task was told, with the id by which the agent knows it. */
export interface Told {
  /** A UUID. */
  readonly id: string
  readonly text: string
}

/** What one task may be told at most: each message stays on its record. */
export const mostMessages = 200

const order: readonly MessageState[] = ['queued', 'delivered', 'answered']

/** After these were read, or answered. A state never goes back, and of ids that are unknown nothing is known. Pure. */
export const withReceipts = (
  messages: readonly TaskMessage[],
  ids: readonly string[],
  state: 'delivered' | 'answered',
): readonly TaskMessage[] =>
  messages.map((message) =>
    ids.includes(message.id) && message.state !== 'lost' && order.indexOf(message.state) < order.indexOf(state)
      ? { ...message, state }
      : message,
  )

/** At the end of a task: what its agent has not read it never will, and that it was to finish it has done. Pure. */
export const lostAtEnd = (messages: readonly TaskMessage[]): readonly TaskMessage[] =>
  messages.map((message) =>
    message.state === 'queued' ? { ...message, state: message.kind === 'finish' ? 'answered' : 'lost' } : message,
  )

/** When a task loses its machine and will have another one: what was said is said there; there is nothing left to interrupt. Pure. */
export const keptForLater = (messages: readonly TaskMessage[]): readonly TaskMessage[] =>
  messages.map((message) =>
    message.kind === 'interrupt' && message.state === 'queued' ? { ...message, state: 'lost' } : message,
  )

/** When a task is continued after its end: what was said and not read is said to the agent that goes on. Pure. */
export const sentAgain = (messages: readonly TaskMessage[]): readonly TaskMessage[] =>
  messages.map((message) =>
    message.kind === 'text' && message.state === 'lost' ? { ...message, state: 'queued' } : message,
  )

/** Whether a text is on its way to the agent, which then waits for nothing. Pure. */
export const hasTextUnderWay = (messages: readonly TaskMessage[]): boolean =>
  messages.some(({ kind, state }) => kind === 'text' && state === 'queued')

/** What a person should know of messages that no agent has read; null where there is none. Pure. */
export function lostNote(messages: readonly TaskMessage[]): string | null {
  const lost = messages.filter(({ kind, state }) => kind === 'text' && state === 'lost').length
  if (lost === 0) return null
  const what = lost === 1 ? 'A message was not read' : `${lost} messages were not read`
  return `${what} before the task ended; continue_task has its agent read ${lost === 1 ? 'it' : 'them'} with the further text`
}
