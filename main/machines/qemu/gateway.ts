import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { packageDirectory } from '../../lib/paths.ts'
import { prepareConsole } from '../console.ts'
import type { MachineSpec } from '../driver.ts'
import { type HelperProcess, startHelper } from '../helper-process.ts'
import type { HelperUser } from '../helper-user.ts'
import type { RunDirectory } from '../run-directory.ts'
import { Confinement } from './confine.ts'
import type { GatewaySockets } from './network.ts'

export const gatewaySockets = (run: RunDirectory): GatewaySockets => ({
  socket: join(run.io, 'gateway.sock'),
  lifeline: join(run.io, 'lifeline.sock'),
})

/** The bundle where this module is part of one; in a checkout, the source. Neither asks for a package. */
const program = import.meta.filename.endsWith('.ts')
  ? { folder: 'main', file: 'gateway/main.ts' }
  : { folder: 'dist', file: 'gateway.js' }

/**
 * Starts the gateway of a machine as the helper user. Its configuration, which may hold the key, goes over a pipe; its socket exists
 * once it is ready. Besides its own program it may read nothing, and write nothing but its log.
 */
export async function startGateway(
  { config, logPath }: NonNullable<MachineSpec['network']['gateway']>,
  { run, user }: { readonly run: RunDirectory; readonly user: HelperUser },
): Promise<HelperProcess> {
  const source = join(packageDirectory(), program.folder)
  if (user.kind === 'dropped')
    for (const path of [join(source, program.file), process.execPath]) await requireOpen(path)
  await prepareConsole(logPath, user)
  const confinement = new Confinement(user, run.mounts('gateway'))
  const folder = await confinement.expose(source)
  const log = await confinement.expose(logPath)
  const { socket, lifeline } = gatewaySockets(run)
  const command = [
    ...(process.versions.electron ? (['env', 'ELECTRON_RUN_AS_NODE=1'] as const) : []),
    await confinement.expose(process.execPath),
    ...['--permission', `--allow-fs-read=${folder}`, `--allow-fs-write=${log}`, '--use-system-ca'],
    ...['--max-old-space-size=192', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    ...[join(folder, program.file), '--socket', socket, '--lifeline', lifeline, '--log', log],
  ] as const
  const [file = process.execPath, ...args] = command
  return await startHelper('gateway', confinement.command([file, ...args]), run.log('gateway'), JSON.stringify(config))
}

/** An installation made under a strict umask is closed to the helper user. @throws AppError('host-incomplete') */
async function requireOpen(path: string): Promise<void> {
  if ((await stat(path)).mode & 0o004) return
  throw new AppError('host-incomplete', `${path} is not readable for the user of virtual machines`, {
    hint: `Run: chmod -R a+rX '${packageDirectory()}'`,
  })
}
