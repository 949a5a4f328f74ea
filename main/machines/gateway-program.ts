import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { packageDirectory, resourceDirectory } from '../lib/files/paths.ts'
import { findTool } from '../lib/processes/find-tool.ts'
import { run } from '../lib/processes/spawn.ts'
import type { Command } from './command.ts'
import type { RunDirectory } from './run-directory.ts'

/** The sockets of a machine's gateway. */
export interface GatewaySockets {
  /** Takes the guest's connections. */
  readonly socket: string
  /** Anyone who holds a connection to it keeps the gateway alive. */
  readonly lifeline: string
}

export const gatewaySockets = (run: RunDirectory): GatewaySockets => ({
  socket: join(run.io, 'gateway.sock'),
  lifeline: join(run.io, 'lifeline.sock'),
})

/** The bundle where this module is part of one; in a checkout, the source. None of them asks for a package. */
function program(): { readonly folder: string; readonly file: string } {
  if (import.meta.filename.endsWith('.ts')) return { folder: join(packageDirectory(), 'main'), file: 'gateway/main.ts' }
  return { folder: join(resourceDirectory(), 'dist', 'gateway'), file: 'gateway.js' }
}

export interface GatewayProgram {
  readonly node: string
  /** The version of Node, as `process.versions.node` gives it. */
  readonly nodeVersion: string
  /** All that it may read. */
  readonly folder: string
  /** Below the folder. */
  readonly file: string
}

/** What runs as a gateway. @throws AppError('host-incomplete') */
export async function findGateway(): Promise<GatewayProgram> {
  return { ...(await findNode()), ...program() }
}

/** The command that starts the gateway; every path is one that its process itself can open. */
export function gatewayCommand(
  { socket, lifeline }: GatewaySockets,
  { node, nodeVersion, folder, file, log }: GatewayProgram & { readonly log: string },
): Command {
  return [
    ...([node, '--permission', `--allow-fs-read=${folder}`, `--allow-fs-write=${log}`] as const),
    ...[...networkPermission(nodeVersion), '--use-system-ca'],
    ...['--max-old-space-size=192', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    ...[join(folder, file), '--socket', socket, '--lifeline', lifeline, '--log', log],
  ]
}

/** From this major on `--permission` closes the network too, and there is a word to open it; before, the word is a bad option. */
const firstWithNetworkPermission = 25

/** What opens the network to a Node of this version that runs with `--permission`. Pure. */
export const networkPermission = (nodeVersion: string): readonly string[] =>
  majorOf(nodeVersion) >= firstWithNetworkPermission ? ['--allow-net', '--disable-warning=ExperimentalWarning'] : []

const majorOf = (version: string): number => Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0)

const neededMajor = 24

/** Node: ourselves, or under Electron, whose packed binary refuses to be one, that of the host. */
async function findNode(): Promise<Pick<GatewayProgram, 'node' | 'nodeVersion'>> {
  if (!process.versions.electron) return { node: process.execPath, nodeVersion: process.versions.node }
  const node = await findTool('node')
  const { stdout: nodeVersion } = node === undefined ? { stdout: '' } : await run(node, ['--version'])
  if (node !== undefined && majorOf(nodeVersion) >= neededMajor) return { node, nodeVersion }
  throw new AppError(
    'host-incomplete',
    `The egress policies other than open, and keyInGuest: false, need Node ${neededMajor} on this host`,
    {
      hint: 'Install it from https://nodejs.org or with your package manager',
    },
  )
}
