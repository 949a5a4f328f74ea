import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Block } from './scripted-turn.ts'

/** Ids look like the real ones: Claude Code keys its session by them. */
export const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`

const usage = { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 42 }

const stopReason = (blocks: readonly Block[]): string =>
  blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn'

/** The answer in one piece, for requests that do not stream. */
export function wholeMessage(model: string, blocks: readonly Block[]): unknown {
  return {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model,
    content: blocks.map((block) => (block.type === 'tool_use' ? { id: newId('toolu'), ...block } : block)),
    stop_reason: stopReason(blocks),
    stop_sequence: null,
    usage,
  }
}

/** The answer as server-sent events, `delayMs` apart; ends early when the client has gone. */
export async function streamMessage(
  response: ServerResponse,
  model: string,
  blocks: readonly Block[],
  delayMs: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': newId('req') })
  for (const [type, data] of events(model, blocks)) {
    if (response.destroyed) return
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
    if (delayMs > 0) await sleep(delayMs)
  }
  response.end()
}

function* events(model: string, blocks: readonly Block[]): Generator<[type: string, data: Record<string, unknown>]> {
  const message = { id: newId('msg'), type: 'message', role: 'assistant', model, content: [], stop_reason: null }
  yield ['message_start', { message: { ...message, stop_sequence: null, usage: { ...usage, output_tokens: 1 } } }]
  for (const [index, block] of blocks.entries()) {
    const begun =
      block.type === 'text'
        ? { type: 'text', text: '' }
        : { type: 'tool_use', id: newId('toolu'), name: block.name, input: {} }
    yield ['content_block_start', { index, content_block: begun }]
    for (const delta of deltas(block)) yield ['content_block_delta', { index, delta }]
    yield ['content_block_stop', { index }]
  }
  yield [
    'message_delta',
    { delta: { stop_reason: stopReason(blocks), stop_sequence: null }, usage: { output_tokens: 42 } },
  ]
  yield ['message_stop', {}]
}

const deltas = (block: Block): readonly Record<string, unknown>[] =>
  block.type === 'text'
    ? (block.text.match(/.{1,20}/gsu) ?? ['']).map((text) => ({ type: 'text_delta', text }))
    : [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]
