import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig } from '../../core/network/gateway.ts'
import { type LoneGateway, startLoneGateway } from '../lone-gateway.ts'
import type { GuestConnections } from './guest-connections.ts'
import type { SeatFiles } from './seat-files.ts'

/**
 * The gateway beside the machine of a task whose key is at the node. Key and rules are in the memory of this process and of the gateway's, and nowhere else: a
 * keeper after this one is sent them anew, and what its guest asks waits until then.
 */
export class NodeGateway implements AsyncDisposable {
  readonly #files: SeatFiles
  readonly #connections: Pick<GuestConnections, 'leadTo'>
  readonly #over = new AbortController()
  /** Whether the guest has a gateway of this host's. */
  isHere = false
  #config: GatewayConfig | undefined
  #gateway: LoneGateway | undefined
  #changed: Promise<void> = Promise.resolve()

  constructor(files: SeatFiles, connections: Pick<GuestConnections, 'leadTo'>) {
    this.#files = files
    this.#connections = connections
  }

  /**
   * Resolves when the gateway lets through what this says, and nothing else: requests with a key that was changed are cut off, and agents try again.
   * @throws what keeps it from starting; the same is tried again when it is taken once more.
   */
  take(config: GatewayConfig): Promise<void> {
    this.isHere = true
    const before = this.#changed.catch(() => undefined) // Thrown where it was waited for.
    this.#changed = before.then(async () => {
      if (this.#gateway && isDeepStrictEqual(config, this.#config)) return
      this.#config = config
      this.#connections.leadTo(undefined)
      await this.#end()
      this.#gateway = await startLoneGateway(
        {
          ...{ home: this.#files.folder, id: this.#files.taskId, config },
          logPath: this.#files.network,
        },
        this.#over.signal,
      )
      this.#connections.leadTo(this.#gateway)
    })
    return this.#changed
  }

  /** Resolves when what was taken last has its effect. @throws as `take` does. */
  ready(): Promise<void> {
    return this.#changed
  }

  async #end(): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]()
    this.#gateway = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await this.#changed.catch(() => undefined)
    await this.#end()
  }
}
