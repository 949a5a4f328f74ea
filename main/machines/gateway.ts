import { join } from 'node:path'
import { packageDirectory } from '../lib/paths.ts'
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

/** The bundle where this module is part of one; in a checkout, the source. Neither asks for a package. */
const program = import.meta.filename.endsWith('.ts')
  ? { folder: 'main', file: 'gateway/main.ts' }
  : { folder: 'dist', file: 'gateway.js' }

/** What the gateway's process may open: its program and its log, nothing else. */
export function gatewayPaths(): { readonly node: string; readonly folder: string; readonly file: string } {
  const folder = join(packageDirectory(), program.folder)
  return { node: process.execPath, folder, file: join(folder, program.file) }
}

/** The command that starts the gateway; every path is one that its process itself can open. */
export function gatewayCommand(
  { socket, lifeline }: GatewaySockets,
  { node, folder, log }: { readonly node: string; readonly folder: string; readonly log: string },
): Command {
  const command = [
    ...(process.versions.electron ? ['env', 'ELECTRON_RUN_AS_NODE=1'] : []),
    ...[node, '--permission', `--allow-fs-read=${folder}`, `--allow-fs-write=${log}`, '--use-system-ca'],
    ...['--max-old-space-size=192', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    ...[join(folder, program.file), '--socket', socket, '--lifeline', lifeline, '--log', log],
  ]
  const [file = node, ...args] = command
  return [file, ...args]
}
