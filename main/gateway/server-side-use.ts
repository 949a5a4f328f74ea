import { isUtf8 } from 'node:buffer'

/** What a request would have the API itself do, or why it cannot be known. */
export type ServerSideUse =
  | { readonly kind: 'none' }
  /** `what` names the first of it, as a path in the body with its value. */
  | { readonly kind: 'found'; readonly what: string }
  | { readonly kind: 'unreadable' }

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
type JsonObject = { readonly [name: string]: Json }

/** An API's request holds some thousand values; parsing more than these would take the gateway's memory. */
const mostValues = 1_000_000
const deepest = 200

/** Members of a request by which the API connects to servers, or works in a container of its own. */
const reachingMembers = ['mcp_servers', 'container', 'container_id'] as const

/** Tools that the client carries out, and those by which the API only looks among the tools of the request. */
const clientTools = [/^custom$/, /^(bash|text_editor|computer|memory)_\d{8}$/, /^tool_search_tool_[a-z0-9]+(_\d{8})?$/]

/** Where an image or a document may come from: the request itself. Others are a URL that the API fetches, or a file that it has. */
const ownSources = ['base64', 'text', 'content']

/**
 * Looks in the body of a request for messages, or for counting their tokens, for what makes the API reach out by itself: its tools for
 * searching, fetching and running code, MCP servers, files, and images and documents by URL. What can be read in two ways (a name
 * that an object has twice, another encoding than UTF-8) is unreadable. Pure.
 */
export function serverSideUse(body: Buffer): ServerSideUse {
  const request = parsed(body)
  if (request === undefined) return { kind: 'unreadable' }
  const what = reachingMember(request) ?? reachingTool(request.tools) ?? reachingBlock(request)
  return what === undefined ? { kind: 'none' } : { kind: 'found', what }
}

function reachingMember(request: JsonObject): string | undefined {
  return Object.keys(request).find(
    (name) => reachingMembers.some((member) => member === name.toLowerCase()) && request[name] !== null,
  )
}

function reachingTool(tools: Json | undefined): string | undefined {
  if (tools === undefined || tools === null) return undefined
  if (!Array.isArray(tools)) return 'tools'
  for (const [index, tool] of (tools as readonly Json[]).entries()) {
    const type = isObject(tool) ? (tool.type ?? 'custom') : null
    if (typeof type !== 'string') return `tools[${index}]`
    if (!clientTools.some((known) => known.test(type))) return `tools[${index}]: ${shown(type)}`
  }
  return undefined
}

/** In all blocks of the conversation and the system prompt. What a tool was or is to be called with is the client's own matter. */
function reachingBlock({ messages, system }: JsonObject): string | undefined {
  const waiting: (readonly [path: string, value: Json | undefined])[] = [
    ['system', system],
    ['messages', messages],
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [path, value] = next
    if (Array.isArray(value)) for (const [index, each] of value.entries()) waiting.push([`${path}[${index}]`, each])
    if (!isObject(value)) continue
    if (typeof value.type === 'string' && value.type.startsWith('container_')) return `${path}: ${shown(value.type)}`
    if (isObject(value.source)) {
      const { type } = value.source
      if (typeof type !== 'string' || !ownSources.includes(type)) return `${path}.source: ${shown(String(type))}`
      waiting.push([`${path}.source.content`, value.source.content])
    }
    waiting.push([`${path}.content`, value.content])
  }
  return undefined
}

/** The object that the body is, if each reader finds the same in it. */
function parsed(body: Buffer): JsonObject | undefined {
  if (!isUtf8(body)) return undefined
  const members = countMembers(body)
  if (members === undefined) return undefined
  try {
    const value = JSON.parse(body.toString('utf8')) as Json
    return isObject(value) && membersOf(value) === members ? value : undefined
  } catch {
    return undefined // No JSON: the API would refuse it too.
  }
}

/** How many names the text writes, so that one written twice is found: parsers keep one of them. Undefined for too much of anything. */
function countMembers(body: Buffer): number | undefined {
  let [members, values, depth] = [0, 0, 0]
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === 0x22) {
      for (at++; at < body.length && body[at] !== 0x22; at++) if (body[at] === 0x5c) at++
    } else if (byte === 0x3a) members++
    else if (byte === 0x2c) values++
    else if (byte === 0x7b || byte === 0x5b) {
      values++
      depth++
    } else if (byte === 0x7d || byte === 0x5d) depth--
    if (values > mostValues || depth > deepest) return undefined
  }
  return members
}

/** Of a value that is no deeper than `deepest`. */
function membersOf(value: Json): number {
  if (Array.isArray(value)) return (value as readonly Json[]).reduce<number>((sum, each) => sum + membersOf(each), 0)
  if (!isObject(value)) return 0
  return Object.values(value).reduce<number>((sum, each) => sum + 1 + membersOf(each), 0)
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?').slice(0, 60)
