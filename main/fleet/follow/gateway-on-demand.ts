import type { PlacedRun } from '../../tasks/run/task-run.ts'
import { type LoneGateway, startLoneGateway } from '../lone-gateway.ts'

/** A gateway of this host for the guest, once it is needed and from then on; none where the key is at the node. */
export class GatewayOnDemand implements AsyncDisposable {
  readonly #run: PlacedRun
  #gateway: LoneGateway | undefined

  constructor(run: PlacedRun) {
    this.#run = run
  }

  /** Undefined where the guest is given none. @throws what says why it cannot be given what it needs. */
  async get(): Promise<LoneGateway | undefined> {
    if (this.#gateway) return this.#gateway
    const { context, record, provide, detach } = this.#run
    if (record.task.place?.key === 'node') return undefined
    const { gateway: config } = await provide().catch((error: unknown) => {
      // Its guest asks in vain meanwhile, and the task goes on.
      if (record.task.machineStartedAt !== null) return { gateway: undefined }
      throw error
    })
    if (!config) return undefined
    const { id } = record.task
    this.#gateway = await startLoneGateway({ home: context.home, id, config, logPath: record.files.network }, detach)
    return this.#gateway
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]()
  }
}
