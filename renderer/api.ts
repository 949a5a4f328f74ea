import type { AnswerOf, Bridge, RequestName, RequestOf } from '../preload/contract.ts'
import type { Carrier } from './carrier/carrier.ts'
import { httpCarrier } from './carrier/http-carrier.ts'
import { showFailure } from './stores/notices.ts'

declare global {
  interface Window {
    /** Put here by the preload of the desktop app. */
    readonly host?: Bridge
  }
}

let carrier: Carrier | undefined

/** The host: through the bridge in the desktop app, over HTTP in a browser. */
export function host(): Carrier {
  carrier ??= window.host ? desktopCarrier(window.host) : httpCarrier()
  return carrier
}

/** A bridge between two processes of one program does not break without the window. */
function desktopCarrier(bridge: Bridge): Carrier {
  return {
    call: (name, request) => bridge.call(name, request),
    listen: (name, listener) => bridge.listen(name, listener),
    pathOf: (file) => bridge.pathOf(file),
    watch(watcher) {
      watcher('open')
      return () => undefined
    },
  }
}

/** Asks for something that the user wished; what went wrong becomes a notice, and the answer undefined. */
export async function act<Name extends RequestName>(
  name: Name,
  request: RequestOf<Name>,
): Promise<AnswerOf<Name> | undefined> {
  const reply = await host().call(name, request)
  if (reply.ok) return reply.value
  showFailure(reply.failure)
  return undefined
}
