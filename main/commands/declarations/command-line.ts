import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { bounds } from '../../core/bounds.ts'
import { packageDirectory } from '../../lib/files/paths.ts'
import type { DoctorOptions } from '../doctor.ts'
import { remoteCommands } from '../remote/all.ts'
import type { ServeFlags } from '../serve.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { ipAddress, wholeNumber } from './argument-types.ts'
import { addHookCommands } from './hook-commands.ts'
import { addPlaceCommands } from './place-commands.ts'
import { addRemoteCommand } from './remote-command.ts'
import { addRepositoryCommands } from './repository-commands.ts'
import { addRequestCommands } from './request-commands.ts'
import { addSecretCommands } from './secret-commands.ts'
import { addTaskCommands } from './task-commands.ts'

/** Every command with its options. Each command's own code is loaded when it runs: `list` must not wait for the server's modules. */
export function commandLine(terminal: Terminal): Command {
  const program = new Command('microvm-orchestrator')
    .description('Runs coding agents, each alone in a microVM on its own clone of your repository.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => undefined })

  addRepositoryCommands(program, terminal)
  addTaskCommands(program, terminal)
  program
    .command('serve')
    .description('run the orchestrator and its MCP endpoint')
    .option('--port <number>', 'TCP port (default: 8765, or what the settings say)', wholeNumber(bounds.port))
    .option('--host <address>', 'IP address to listen on (default: 127.0.0.1); beyond this host with --auth', ipAddress)
    .option('--auth', 'clients must show a token, which is made once and kept')
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('../serve.ts')
      await serve(terminal, flags)
    })
  program
    .command('setup-token')
    .description('run claude setup-token and store its token for the agents')
    .action(async () => {
      const { setupToken } = await import('../setup-token.ts')
      await setupToken(terminal)
    })
  addSecretCommands(program, terminal)
  addPlaceCommands(program, terminal)
  addHookCommands(program, terminal)
  addRequestCommands(program, terminal)
  program
    .command('as-at-home')
    .description('show what of your own Claude Code tasks are given, and what is left out')
    .action(async () => {
      const { asAtHome } = await import('../as-at-home.ts')
      await asAtHome(terminal)
    })
  program
    .command('install-command')
    .description('link this program into a folder of your PATH')
    .action(async () => {
      const { installCommand } = await import('../install-command.ts')
      await installCommand(terminal)
    })
  program
    .command('doctor')
    .description('say what this host lacks for a task, and the cure')
    .option('--fix', 'install and build what is missing, after saying what and why', false)
    .option('--attack', 'have guests attack this host, and say what held', false)
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('../doctor.ts')
      await doctor(terminal, options)
    })
  program
    .command('install-agent')
    .description("add the conflict resolver to your Claude Code's agents")
    .option('--force', 'replace one that was changed', false)
    .action(async ({ force }: { force: boolean }) => {
      const { installAgent } = await import('../install-agent.ts')
      await installAgent(terminal, { force })
    })
  for (const command of remoteCommands) addRemoteCommand(program, terminal, command)
  return program
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageDirectory(), 'package.json'), 'utf8')) as { version: string }).version
