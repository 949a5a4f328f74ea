import { singleLineText } from '../lib/guest/terminal-text.ts'
import type { Session } from './sessions.ts'

/** Someone who speaks MCP with us, as it named itself. */
export interface McpClient {
  readonly name: string
  readonly version: string
  /** Whether a response to it is under way: it is there now. */
  readonly connected: boolean
}

/** Who the sessions are with: sessions of one name and version are one client. Pure. */
export function clientsOf(sessions: Iterable<Pick<Session, 'open' | 'server'>>): readonly McpClient[] {
  const clients = new Map<string, McpClient>()
  for (const { server, open } of sessions) {
    const said = server.getClientVersion()
    if (!said) continue // It has not introduced itself yet.
    const name = shown(said.title ?? said.name)
    const version = shown(said.version)
    const key = JSON.stringify([name, version])
    clients.set(key, { name, version, connected: open > 0 || clients.get(key)?.connected === true })
  }
  return [...clients.values()]
}

const shown = (text: string): string => singleLineText(text.slice(0, 200)).slice(0, 100)
