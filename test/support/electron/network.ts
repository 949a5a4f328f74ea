import { EventEmitter } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { app } from './application.ts'

/** A request as far as one is used. */
interface NetRequest extends EventEmitter {
  end(): this
  abort(): void
}

interface NetOptions {
  readonly protocol?: string
  readonly redirect?: 'follow' | 'error' | 'manual'
}

/** Requests of the main process. A redirect is an event of its own here, and ends the request unless it is followed. */
export const net = {
  request(options: NetOptions | string): NetRequest {
    if (typeof options === 'string') throw new Error('stand-in: net.request is given options')
    if (!app.isReady()) throw new Error('net module can only be used after app is ready')
    const { redirect, ...asked } = options
    const request = (asked.protocol === 'http:' ? httpRequest : httpsRequest)(asked)
    const { emit } = request
    request.emit = (name: string | symbol, ...given: unknown[]): boolean => {
      const [response] = given as [IncomingMessage?]
      const isRedirect = name === 'response' && [301, 302, 303, 307, 308].includes(response?.statusCode ?? 0)
      if (!isRedirect || redirect !== 'manual') return emit.call(request, name, ...given)
      return emit.call(request, 'redirect', response?.statusCode, 'GET', response?.headers.location, response?.headers)
    }
    return request
  },
}

/** Squirrel of macOS; on other systems nothing but a place where events go by. */
export const autoUpdater = new EventEmitter()
