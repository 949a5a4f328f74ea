import { z } from 'zod'
import type { History } from './scripted-turn.ts'

const contentBlock = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  content: z.unknown().optional(),
})

const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(contentBlock)]),
})

/** What of a request to `/v1/messages` the scripted API looks at. */
export const messagesRequest = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  system: z.unknown().optional(),
  messages: z.array(message),
  tools: z.array(z.looseObject({ name: z.string().optional() })).optional(),
})

export type MessagesRequest = z.infer<typeof messagesRequest>
type Message = MessagesRequest['messages'][number]
type ContentBlock = z.infer<typeof contentBlock>

const blocksOf = ({ content }: Message): ContentBlock[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

/** The name in `[script: NAME]` in what the user asked first; undefined when nobody named one. */
export function scriptNamed({ messages }: MessagesRequest): string | undefined {
  const first = messages.find(({ role }) => role === 'user')
  const text = first
    ? blocksOf(first)
        .map((block) => block.text ?? '')
        .join('\n')
    : ''
  return /\[script: ([\w-]+)\]/.exec(text)?.[1]
}

/** How Claude Code 2.1.330 tells the model what the user says in the middle of a turn. */
const saidWhileAtWork = 'The user sent a new message'

export function historyOf(request: MessagesRequest): History {
  const { messages } = request
  const uses = new Map<string, { name: string; input: unknown }>()
  const results: History['results'][number][] = []
  let turn = 0
  for (const each of messages) {
    const blocks = blocksOf(each)
    if (each.role === 'assistant' && blocks.some(({ type }) => type === 'tool_use')) turn += 1
    for (const block of blocks) {
      if (block.type === 'tool_use' && block.id) uses.set(block.id, { name: block.name ?? '', input: block.input })
      const answered = block.type === 'tool_result' ? uses.get(block.tool_use_id ?? '') : undefined
      if (answered) results.push({ ...answered, text: textOf(block.content) })
    }
  }
  const texts = messages
    // What the user says while the agent works comes as the system's.
    .flatMap((each) => blocksOf(each).map(({ text = '' }) => ({ role: each.role, text })))
    .filter(({ role, text }) => role === 'user' || (role === 'system' && text.startsWith(saidWhileAtWork)))
    .flatMap(({ text }) => (text === '' ? [] : text))
  return { turn, results, texts, directory: directoryOf(request) }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks = z.array(contentBlock).safeParse(content)
  return blocks.success ? blocks.data.map(({ text }) => text ?? '').join('\n') : ''
}

const directoryPattern = /working directory:?[^/\n]{0,20}(\/[^\s\\"<]+)/i

function directoryOf({ system, messages }: MessagesRequest): string {
  return (
    (directoryPattern.exec(JSON.stringify(system) ?? '') ?? directoryPattern.exec(JSON.stringify(messages)))?.[1] ?? '/'
  )
}
