import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { findTool } from '../lib/find-tool.ts'
import { packageDirectory, resourceDirectory } from '../lib/paths.ts'
import { run } from '../lib/spawn.ts'
import type { Command } from './command.ts'
import type { RunDirectory } from './run-directory.ts'

/** The sockets of a machine's gateway. */
export interface GatewaySockets {
  /** Takes the guest's connections. */
  readonly socket: string
  /** Whoever holds a connection to it keeps the gateway alive. */
  readonly lifeline: string
}

export const gatewaySockets = (run: RunDirectory): GatewaySockets => ({
  socket: join(run.io, 'gateway.sock'),
  lifeline: join(run.io, 'lifeline.sock'),
})

/** The bundle where this module is part of one; in a checkout, the source. None of them asks for a package. */
function program(): { readonly folder: string; readonly file: string } {
  if (import.meta.filename.endsWith('.ts')) return { folder: join(packageDirectory(), 'main'), file: 'gateway/main.ts' }
  const folder = join(resourceDirectory(), 'dist')
  return process.versions.electron
    ? { folder: join(folder, 'gateway'), file: 'gateway.js' }
    : { folder, file: 'gateway.js' }
}

export interface GatewayProgram {
  readonly node: string
  /** All that it may read. */
  readonly folder: string
  /** Below the folder. */
  readonly file: string
}

/** What runs as a gateway. @throws AppError('host-incomplete') */
export async function findGateway(): Promise<GatewayProgram> {
  return { node: await findNode(), ...program() }
}

/** The command that starts the gateway; every path is one that its process itself can open. */
export function gatewayCommand(
  { socket, lifeline }: GatewaySockets,
  { node, folder, file, log }: GatewayProgram & { readonly log: string },
): Command {
  return [
    ...([node, '--permission', `--allow-fs-read=${folder}`, `--allow-fs-write=${log}`, '--use-system-ca'] as const),
    ...['--max-old-space-size=192', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    ...[join(folder, file), '--socket', socket, '--lifeline', lifeline, '--log', log],
  ]
}

const neededMajor = 24

/** Node: ourselves, or under Electron, whose packed binary refuses to be one, that of the host. */
async function findNode(): Promise<string> {
  if (!process.versions.electron) return process.execPath
  const node = await findTool('node')
  const { stdout } = node === undefined ? { stdout: '' } : await run(node, ['--version'])
  if (node !== undefined && Number(/^v(\d+)\./.exec(stdout)?.[1]) >= neededMajor) return node
  throw new AppError('host-incomplete', `Lists of hosts and keyless machines need Node ${neededMajor} on this host`, {
    hint: 'Install it from https://nodejs.org or with your package manager',
  })
}
