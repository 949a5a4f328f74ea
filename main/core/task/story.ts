import type { Task } from './task.ts'

/** A text that an agent of a task was told, with the id by which the agent knows it. */
export interface Told {
  /** A UUID. */
  readonly id: string
  readonly text: string
}

/**
 * The id of a text with which agents of a task begin: 0 is the task's own, 1 the first with which it was continued. It is the same whenever
 * it is asked for, so that a session that was lost and one that was not can be told apart. Pure.
 */
export const promptId = (task: Pick<Task, 'id'>, number: number): string =>
  `${task.id}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

/** The id of the text with which the next agent begins; null where it only learns that it was interrupted. Pure. */
export function nextPromptId({ id, parkings }: Pick<Task, 'id' | 'parkings'>): string | null {
  if (parkings.length > 0 && parkings.at(-1)?.text === undefined) return null
  return promptId({ id }, parkings.filter(({ text }) => text !== undefined).length)
}

/**
 * What the agents of a task were told after its own text, oldest first: the texts with which it was continued, but for the one that the next
 * agent begins with, and the messages that one of them has read. Pure.
 */
export function toldSoFar({ id, messages, parkings }: Pick<Task, 'id' | 'messages' | 'parkings'>): readonly Told[] {
  const begun = parkings.flatMap(({ text, until }) => (text === undefined ? [] : [{ text, at: until }]))
  const prompts = begun.map(({ text, at }, index) => ({ id: promptId({ id }, index + 1), text, at }))
  if (parkings.at(-1)?.text !== undefined) prompts.pop()
  const read = messages.flatMap((message) =>
    message.kind === 'text' && (message.state === 'delivered' || message.state === 'answered')
      ? [{ id: message.id, text: message.text, at: message.sentAt }]
      : [],
  )
  return [...prompts, ...read]
    .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
    .map(({ id: name, text }) => ({ id: name, text }))
}
