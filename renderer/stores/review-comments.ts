import { create } from 'zustand'

/** What a person says of a line, kept in this page until it is sent to the agent. */
export interface ReviewComment {
  readonly path: string
  readonly side: 'old' | 'new'
  readonly line: number
  /** The line itself. */
  readonly quote: string
  /** Empty while it is written. */
  readonly text: string
}

type Place = Pick<ReviewComment, 'path' | 'side' | 'line'>

const none: readonly ReviewComment[] = []

const useComments = create<{ readonly byTask: Readonly<Record<string, readonly ReviewComment[]>> }>(() => ({
  byTask: {},
}))

export const useReviewComments = (task: string): readonly ReviewComment[] =>
  useComments(({ byTask }) => byTask[task] ?? none)

const change = (task: string, to: (comments: readonly ReviewComment[]) => readonly ReviewComment[]): void =>
  useComments.setState(({ byTask }) => ({ byTask: { ...byTask, [task]: to(byTask[task] ?? none) } }))

const isAt = (one: Place, other: Place): boolean =>
  one.path === other.path && one.side === other.side && one.line === other.line

/** Keeps the comment, in place of one that its line had. */
export const keepComment = (task: string, comment: ReviewComment): void =>
  change(task, (comments) => [...comments.filter((other) => !isAt(other, comment)), comment])

export const dropComment = (task: string, place: Place): void =>
  change(task, (comments) => comments.filter((comment) => !isAt(comment, place)))

export const dropAllComments = (task: string): void => change(task, () => [])

/** Quoted lines that are longer are cut: the agent has the file. */
const quoteLimit = 200

/** What the agent is told: what is said of the whole, and each comment with its place and line. Pure. */
export function textOfComments(comments: readonly ReviewComment[], about: string): string {
  const ordered = [...comments].sort((one, other) => compare(one.path, other.path) || one.line - other.line)
  const each = ordered.map(({ path, side, line, quote, text }, index) => {
    const place = `${path}, line ${line}${side === 'old' ? ' of the file as it was before' : ''}`
    return `${index + 1}. ${place}:\n   > ${quote.trim().slice(0, quoteLimit)}\n   ${text.trim().replaceAll('\n', '\n   ')}`
  })
  const head = about.trim() || 'I have reviewed your work. Please see to these comments.'
  return [head, ...each].join('\n\n')
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
