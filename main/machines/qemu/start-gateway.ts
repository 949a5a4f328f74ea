import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { packageDirectory } from '../../lib/files/paths.ts'
import type { GatewayProcess } from '../driver.ts'
import { findGateway, gatewayCommand, gatewaySockets } from '../gateway-program.ts'
import { type HelperProcess, startHelper } from '../helper-process.ts'
import type { HelperUser } from '../helper-user.ts'
import type { RunDirectory } from '../run-directory.ts'
import { prepareConsole } from '../watch/console.ts'
import { Confinement } from './confine.ts'

/**
 * Starts the gateway of a machine as the helper user. Its configuration, which may hold the key, goes over a pipe; its socket exists
 * once it is ready. Besides its own program it may read nothing, and write nothing but its log.
 */
export async function startGateway(
  { config, logPath }: GatewayProcess,
  { run, user }: { readonly run: RunDirectory; readonly user: HelperUser },
): Promise<HelperProcess> {
  const gateway = await findGateway()
  if (user.kind === 'dropped')
    for (const path of [join(gateway.folder, gateway.file), gateway.node]) await requireOpen(path)
  await prepareConsole(logPath, user)
  const confinement = new Confinement(user, run.mounts('gateway'))
  const reachable = {
    ...gateway,
    folder: await confinement.expose(gateway.folder),
    log: await confinement.expose(logPath),
    node: await confinement.expose(gateway.node),
  }
  const command = confinement.command(gatewayCommand(gatewaySockets(run), reachable))
  return await startHelper('gateway', command, run.log('gateway'), { input: JSON.stringify(config) })
}

/** An installation made under a strict umask is closed to the helper user. @throws AppError('host-incomplete') */
async function requireOpen(path: string): Promise<void> {
  if ((await stat(path)).mode & 0o004) return
  throw new AppError('host-incomplete', `${path} is not readable for the user of virtual machines`, {
    hint: `Run: chmod -R a+rX '${packageDirectory()}'`,
  })
}
