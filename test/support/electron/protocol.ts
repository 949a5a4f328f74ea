import { EventEmitter } from 'node:events'
import { app } from './application.ts'

type Respond = (request: Request) => Response | Promise<Response>

/** By scheme: registered, and once handled with its handler. */
const schemes = new Map<string, Respond | undefined>()

/**
 * Chromium knows no scheme of ours: `app://host/path` is shown to it as an https address that leads nowhere, and every request
 * for it is answered by the app's own handler.
 */
export function toPage(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/.exec(url)
  const [, scheme = '', host = '', rest = ''] = match ?? []
  return schemes.has(scheme) ? `https://${host}.${scheme}.stand-in.invalid${rest}` : url
}

export const fromPage = (url: string): string =>
  url.replace(/^https:\/\/([^/]*)\.([a-z][a-z0-9+-]*)\.stand-in\.invalid/, '$2://$1')

export const handlerOf = (url: string): Respond | undefined => schemes.get(url.split(':', 1)[0] ?? '')

export const protocol = {
  registerSchemesAsPrivileged(list: readonly { scheme: string }[]): void {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    for (const { scheme } of list) schemes.set(scheme, undefined)
  },
  handle(scheme: string, respond: Respond): void {
    if (schemes.get(scheme)) throw new Error(`Failed to register protocol: ${scheme}`)
    schemes.set(scheme, respond)
  },
  isProtocolHandled: (scheme: string): boolean => schemes.get(scheme) !== undefined,
}

type PermissionRequest = (contents: unknown, permission: string, answer: (granted: boolean) => void) => void
type PermissionCheck = (contents: unknown, permission: string) => boolean

/** What the app says of permissions; Chromium is asked to follow it when a page opens. */
export const permissions: { request?: PermissionRequest; check?: PermissionCheck } = {}

class Session extends EventEmitter {
  readonly protocol = protocol

  setPermissionRequestHandler(handler: PermissionRequest): void {
    permissions.request = handler
  }

  setPermissionCheckHandler(handler: PermissionCheck): void {
    permissions.check = handler
  }
}

const partitions = new Map<string, Session>()

export const session = {
  defaultSession: new Session(),
  fromPartition(partition: string, _options?: object): Session {
    const known = partitions.get(partition) ?? new Session()
    partitions.set(partition, known)
    return known
  },
}
