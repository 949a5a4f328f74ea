import type { Told } from './message.ts'
import type { Task } from './task.ts'

type Story = Pick<Task, 'id' | 'description' | 'createdAt' | 'messages' | 'parkings'> & Pick<Partial<Task>, 'fork'>

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

/** The text with which the agent's session began: a fork goes on with another task's. Pure. */
export const firstText = ({ fork, description }: Pick<Story, 'fork' | 'description'>): string =>
  fork?.description ?? description

/**
 * What the agents of a task were told after the text with which their session began, oldest first: what began each of them, and the messages
 * that one of them has read. Pure.
 */
export function allTold({ id, description, createdAt, fork, messages, parkings }: Story): readonly Told[] {
  const own = fork ? [{ id: promptId({ id }, 0), text: description, at: createdAt }] : []
  const begun = parkings.flatMap(({ text, until }) => (text === undefined ? [] : [{ text, at: until }]))
  const prompts = begun.map(({ text, at }, index) => ({ id: promptId({ id }, index + 1), text, at }))
  const read = messages.flatMap((message) =>
    message.kind === 'text' && (message.state === 'delivered' || message.state === 'answered')
      ? [{ id: message.id, text: message.text, at: message.sentAt }]
      : [],
  )
  const inOrder = [...own, ...prompts, ...read].sort((one, other) =>
    one.at < other.at ? -1 : one.at > other.at ? 1 : 0,
  )
  return [...(fork?.told ?? []), ...inOrder.map(({ id: name, text }) => ({ id: name, text }))]
}

/** The same without the text with which the next agent begins. Pure. */
export function toldSoFar(task: Story): readonly Told[] {
  const next = nextPromptId(task)
  return allTold(task).filter(({ id }) => id !== next)
}

/** The text with which the next agent begins, where that is not the first one of its session; undefined where it has none. Pure. */
export const nextText = ({
  fork,
  description,
  parkings,
}: Pick<Story, 'fork' | 'description' | 'parkings'>): string | undefined =>
  parkings.length > 0 ? parkings.at(-1)?.text : fork && description
