import {
  CallToolRequestSchema,
  GetPromptRequestSchema,
  InitializeRequestSchema,
  ListPromptsRequestSchema,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { z } from 'zod'

/** What the body of a POST is to the protocol. */
export type ReadMessage =
  /** To be handed on; what clients spell in their own way is as the SDK wants it. */
  | { readonly kind: 'message'; readonly value: unknown }
  /** No message at all (-32600), or a request whose parameters are not those of its method (-32602). */
  | {
      readonly kind: 'refused'
      readonly code: -32600 | -32602
      readonly message: string
      readonly id: RequestId | null
    }

type RequestId = string | number

/** A batch of small requests asks for answers many times its size, all at once; current versions of the protocol know none. */
const batchLimit = 100

type RequestSchema = z.ZodType | { safeParse(value: unknown): { success: boolean; error?: z.ZodError } }

/** Of others the SDK says that there is no such method. */
const paramsOf: Readonly<Record<string, RequestSchema>> = {
  initialize: InitializeRequestSchema,
  'tools/call': CallToolRequestSchema,
  'tools/list': ListToolsRequestSchema,
  'prompts/get': GetPromptRequestSchema,
  'prompts/list': ListPromptsRequestSchema,
}

/**
 * Holds a body against JSON-RPC 2.0 and, for what we answer, against its method: the SDK calls the first a parse error (-32700), and
 * has no word for the second but an internal error (-32603). Pure.
 */
export function readMessage(body: unknown): ReadMessage {
  if (!Array.isArray(body)) return readOne(body)
  if (body.length === 0) return invalid('A batch has at least one message')
  if (body.length > batchLimit) return invalid(`A batch has at most ${batchLimit} messages`)
  const messages = body.map(readOne)
  const refused = messages.find((message) => message.kind === 'refused')
  if (refused) return refused
  return { kind: 'message', value: messages.map((message) => message.kind === 'message' && message.value) }
}

function readOne(message: unknown): ReadMessage {
  if (!isObject(message)) return invalid('A message is an object')
  const { id, method } = message
  const known = typeof id === 'string' || Number.isSafeInteger(id) ? (id as RequestId) : null
  if (message.jsonrpc !== '2.0') return invalid('jsonrpc must be "2.0"', known)
  if ('id' in message && known === null) return invalid('id must be a text or a whole number')
  if (method === undefined) {
    const isAnswer = 'result' in message || 'error' in message
    return isAnswer && known !== null ? { kind: 'message', value: message } : invalid('method is missing', known)
  }
  if (typeof method !== 'string') return invalid('method must be a text', known)
  return readCall(message, method, known)
}

function readCall(message: Record<string, unknown>, method: string, id: RequestId | null): ReadMessage {
  const { params, ...rest } = message
  if (params === undefined || params === null) return checked(rest, method, id)
  if (!isObject(params)) return { kind: 'refused', code: -32602, message: 'params must be an object', id }
  const present = withoutNulls(params)
  if (method === 'prompts/get' && isObject(present.arguments)) present.arguments = asTexts(present.arguments)
  return checked({ ...rest, params: present }, method, id)
}

function checked(request: Record<string, unknown>, method: string, id: RequestId | null): ReadMessage {
  const schema = Object.hasOwn(paramsOf, method) ? paramsOf[method] : undefined
  const { success, error } = schema?.safeParse(request) ?? { success: true }
  if (success) return { kind: 'message', value: request }
  const [issue] = error?.issues ?? []
  const text = `${issue?.path.join('.') || 'params'}: ${issue?.message ?? 'invalid'}`
  return { kind: 'refused', code: -32602, message: `Invalid parameters of ${method}: ${text}`, id }
}

const invalid = (message: string, id: RequestId | null = null): ReadMessage => ({
  kind: 'refused',
  code: -32600,
  message: `Invalid request: ${message}`,
  id,
})

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Many clients write what they leave out as null. */
const withoutNulls = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))

/** Arguments of prompts are texts. */
const asTexts = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(withoutNulls(object)).map(([name, value]) => [
      name,
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
    ]),
  )
