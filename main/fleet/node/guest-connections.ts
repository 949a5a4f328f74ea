import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { type DialSpeech, Dials } from '../dials.ts'
import type { LoneGateway } from '../lone-gateway.ts'
import { firstDial, lastDial } from '../protocol.ts'
import type { SeatFiles } from './seat-files.ts'

/** More connections of one guest are refused. */
const mostConnections = 128

/** A gateway of this host. */
type Gateway = Pick<LoneGateway, 'connect'>

type Way = { readonly kind: 'home' } | { readonly kind: 'here'; readonly gateway: Gateway | undefined }

/** What an agent understands as an outage that passes: it tries again, and where it ends for that, its task is parked. */
const awayBody = JSON.stringify({
  type: 'error',
  error: { type: 'api_error', message: 'The host of this task is out of reach of its place' },
})
const awayAnswer = [
  ...['HTTP/1.1 503 Service Unavailable', 'content-type: application/json', 'retry-after: 30', 'connection: close'],
  ...[`content-length: ${awayBody.length}`, '', awayBody],
].join('\r\n')

/**
 * What a guest takes for its gateway. Its connections go on to home through the link, or to a gateway of this host; while there is none they wait, since an agent
 * whose connections are cut gives up after a few tries. One that has waited for so long that the agent would soon give it up is answered that home is away.
 */
export class GuestConnections implements Disposable {
  readonly #server: Server
  readonly #waiting = new Set<Socket>()
  /** Those that go to a gateway of this host. */
  readonly #led = new Set<Socket>()
  #way: Way = { kind: 'home' }
  #dials: Dials | undefined
  #tell: ((channel: number) => void) | undefined
  #last = firstDial - 1
  readonly #holdMs: number

  private constructor(holdMs: number) {
    this.#holdMs = holdMs
    // A guest that has said all that it had to say waits for the answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#arrived(socket))
  }

  /** @param holdMs how long a connection waits for home. */
  static async open({ gatewaySocket }: Pick<SeatFiles, 'gatewaySocket'>, holdMs: number): Promise<GuestConnections> {
    const connections = new GuestConnections(holdMs)
    // Inside the seat, which is closed to others; the machine's user finds its way by the folder that it is shown.
    await mkdir(dirname(gatewaySocket), { recursive: true, mode: 0o711 })
    await rm(gatewaySocket, { force: true })
    await new Promise<void>((resolve, reject) => {
      connections.#server.once('error', reject).listen(gatewaySocket, resolve)
    })
    await chmod(gatewaySocket, 0o666)
    return connections
  }

  /** How many wait for home. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Home is there: what waits goes on. The connections of an earlier link have ended with it. */
  attach(speech: DialSpeech, dialled: (channel: number) => void): Dials {
    this.detach()
    this.#dials = new Dials(speech)
    this.#tell = dialled
    this.#goOn()
    return this.#dials
  }

  /** From now on what the guest asks goes to this gateway of our own host, and never to home; while there is none it waits. */
  leadTo(gateway: Gateway | undefined): void {
    this.#way = { kind: 'here', gateway }
    this.#goOn()
  }

  detach(): void {
    this.#dials?.clear()
    this.#dials = undefined
    this.#tell = undefined
  }

  #arrived(socket: Socket): void {
    socket.on('error', () => undefined) // `close` follows.
    if (this.#waiting.size + this.#led.size + (this.#dials?.size ?? 0) >= mostConnections) return void socket.destroy()
    if (this.#hasWay) this.#pass(socket)
    else {
      this.#waiting.add(socket)
      const late = setTimeout(() => this.#waiting.has(socket) && this.#tellAway(socket), this.#holdMs).unref()
      socket.once('close', () => {
        clearTimeout(late)
        this.#waiting.delete(socket)
      })
    }
  }

  #tellAway(socket: Socket): void {
    this.#waiting.delete(socket)
    socket.resume() // What it asked is for nobody; unread, it would cut the answer off.
    socket.end(awayAnswer)
  }

  get #hasWay(): boolean {
    return (this.#way.kind === 'home' ? this.#dials : this.#way.gateway) !== undefined
  }

  /** What waits goes on, where it can. */
  #goOn(): void {
    if (!this.#hasWay) return
    for (const socket of this.#waiting) this.#pass(socket)
    this.#waiting.clear()
  }

  #pass(socket: Socket): void {
    if (this.#way.kind === 'home') this.#dial(socket)
    else if (this.#way.gateway) this.#lead(socket, this.#way.gateway.connect())
  }

  #lead(socket: Socket, onward: Socket): void {
    this.#led.add(socket)
    onward.on('error', () => undefined) // `close` follows.
    // What was said before the end is still passed on.
    onward.once('close', () => (onward.readableEnded ? socket.destroySoon() : socket.destroy()))
    socket.once('close', () => {
      this.#led.delete(socket)
      onward.destroy()
    })
    socket.pipe(onward)
    onward.pipe(socket)
  }

  #dial(socket: Socket): void {
    const dials = this.#dials
    if (!dials) return
    do this.#last = this.#last >= lastDial ? firstDial : this.#last + 1
    while (dials.has(this.#last))
    this.#tell?.(this.#last)
    dials.add(this.#last, socket)
  }

  [Symbol.dispose](): void {
    this.detach()
    for (const socket of [...this.#waiting, ...this.#led]) socket.destroy()
    this.#server.close()
  }
}
