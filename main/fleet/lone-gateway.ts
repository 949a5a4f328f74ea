import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import type { GatewayConfig } from '../core/network/gateway.ts'
import type { TaskId } from '../core/task/task.ts'
import { writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { pathExists } from '../lib/files/look.ts'
import { findGateway, gatewayCommand, gatewaySockets } from '../machines/gateway-program.ts'
import { endProcess, type HelperProcess, startHelper } from '../machines/helper-process.ts'
import { findHelperUser } from '../machines/helper-user.ts'
import { required } from '../machines/host/required.ts'
import { startGateway } from '../machines/qemu/start-gateway.ts'
import { recordPath } from '../machines/record.ts'
import { makeRunDirectory, type RunDirectory, removeRunDirectory } from '../machines/run-directory.ts'
import { prepareConsole } from '../machines/watch/console.ts'
import { readyMs, untilReady } from '../machines/watch/until-ready.ts'

/** A gateway that is started and ended apart from its guest's machine. */
export interface LoneGateway extends AsyncDisposable {
  connect(): Socket
}

/**
 * Starts what a machine has beside it where its guest is elsewhere, or the machine must not know what it lets through: the key and secrets are with the gateway's
 * process and this one, and what is let through is written down on this host. It ends with this process, however that ends.
 */
export async function startLoneGateway(
  {
    home,
    id,
    config,
    logPath,
  }: { readonly home: string; readonly id: TaskId; readonly config: GatewayConfig; readonly logPath: string },
  signal: AbortSignal,
): Promise<LoneGateway> {
  const user = required(await findHelperUser(), 'The system user that runs virtual machines')
  const run = await makeRunDirectory(`${id}-gateway`, user)
  await using undo = new AsyncDisposableStack()
  undo.defer(() => removeRunDirectory(run.path))
  // No machine's: whoever looks for machines of this home leaves it alone.
  await writeJsonAtomically(recordPath(run.path), { owner: `${home}#gateway`, consolePath: logPath })
  const helper = await (process.platform === 'darwin'
    ? startAsCaller(config, logPath, run)
    : startGateway({ config, logPath }, { run, user }))
  undo.defer(() => endProcess(helper.handle))
  const { socket, lifeline } = gatewaySockets(run)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(readyMs)])
  await untilReady(helper, run, async () => (await pathExists(socket)) || undefined, limit)
  const held = createConnection(lifeline)
  held.on('error', () => undefined) // The gateway has ended: connections to it fail, and say so.
  undo.defer(() => void held.destroy())
  await once(held, 'connect', { signal: limit })
  const running = undo.move()
  return {
    connect: () => createConnection({ path: socket, allowHalfOpen: true }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startAsCaller(config: GatewayConfig, logPath: string, run: RunDirectory): Promise<HelperProcess> {
  await prepareConsole(logPath, { kind: 'caller', uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 })
  const command = gatewayCommand(gatewaySockets(run), { ...(await findGateway()), log: logPath })
  return await startHelper('gateway', command, run.log('gateway'), { input: JSON.stringify(config) })
}
