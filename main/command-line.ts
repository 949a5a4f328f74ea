import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { DoctorOptions } from './commands/doctor.ts'
import { remoteCommands } from './commands/remote/all.ts'
import type { RemoteCommand, RemoteOption } from './commands/remote/remote-command.ts'
import type { ReviewFlags } from './commands/review.ts'
import type { RunFlags } from './commands/run.ts'
import type { NewSecret } from './commands/secrets.ts'
import type { ServeFlags } from './commands/serve.ts'
import type { Terminal } from './commands/terminal/terminal.ts'
import { type Bound, bounds } from './core/bounds.ts'
import { type SecretTool, secretTools } from './core/network/secret.ts'
import { efforts } from './core/task/agent-choice.ts'
import { packageDirectory } from './lib/files/paths.ts'

/** Every command with its options. Each command's own code is loaded when it runs: `list` must not wait for the server's modules. */
export function commandLine(terminal: Terminal): Command {
  const program = new Command('microvm-orchestrator')
    .description('Runs coding agents, each alone in a microVM on its own clone of your repository.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => undefined })

  program
    .command('allow')
    .description('register a git repository for tasks')
    .argument('[path]', 'the repository (default: the current folder)')
    .option('-a, --alias <alias>', "its name in tasks (default: the folder's name)")
    .addOption(
      new Option('--egress <policy>', 'what its tasks may reach; default: what the settings say').choices([
        ...['open', 'closed', 'default'],
      ]),
    )
    .option(
      '--allow-host <host>',
      'a host that its tasks may reach, such as github.com or *.npmjs.org; repeatable',
      collect,
    )
    .addOption(
      new Option(
        '--merge <policy>',
        'when its tasks are merged: by themselves, after review, or after a check',
      ).choices(['auto', 'review', 'check']),
    )
    .option(
      '--environment <kind>',
      'what its tasks work in: auto, flake, tools, plain, or a folder with a flake outside the repository',
    )
    .option('--check <command>', "runs in the task's machine after the agent; its work is merged when it succeeds")
    .action(async (path: string | undefined, { allowHost, ...options }: AllowFlags) => {
      const { allow } = await import('./commands/allow.ts')
      await allow(terminal, path, { ...options, ...(allowHost && { allowHosts: allowHost }) })
    })
  program
    .command('list')
    .description('list the registered repositories')
    .option('--egress', 'with what the tasks of each may reach', false)
    .option('--merge', 'with when the tasks of each are merged', false)
    .option('--environment', 'with what the tasks of each work in', false)
    .action(async (options: { egress: boolean; merge: boolean; environment: boolean }) => {
      const { list } = await import('./commands/list.ts')
      await list(terminal, options)
    })
  program
    .command('remove')
    .description('forget a repository; its files stay')
    .argument('<alias>')
    .action(async (alias: string) => {
      const { remove } = await import('./commands/remove.ts')
      await remove(terminal, alias)
    })
  program
    .command('serve')
    .description('run the orchestrator and its MCP endpoint')
    .option('--port <number>', 'TCP port (default: 8765, or what the settings say)', wholeNumber(bounds.port))
    .option('--host <address>', 'IP address to listen on (default: 127.0.0.1); beyond this host with --auth', ipAddress)
    .option('--auth', 'clients must show a token, which is made once and kept')
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('./commands/serve.ts')
      await serve(terminal, flags)
    })
  program
    .command('setup-token')
    .description('run claude setup-token and store its token for the agents')
    .action(async () => {
      const { setupToken } = await import('./commands/setup-token.ts')
      await setupToken(terminal)
    })
  addSecrets(program, terminal)
  program
    .command('as-at-home')
    .description('show what of your own Claude Code tasks are given, and what is left out')
    .action(async () => {
      const { asAtHome } = await import('./commands/as-at-home.ts')
      await asAtHome(terminal)
    })
  program
    .command('install-command')
    .description('link this program into a folder of your PATH')
    .action(async () => {
      const { installCommand } = await import('./commands/install-command.ts')
      await installCommand(terminal)
    })
  program
    .command('doctor')
    .description('say what this host lacks for a task, and the cure')
    .option('--fix', 'install and build what is missing, after saying what and why', false)
    .option('--attack', 'have guests attack this host, and say what held', false)
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./commands/doctor.ts')
      await doctor(terminal, options)
    })
  program
    .command('tasks')
    .description('list the tasks of all registered repositories')
    .action(async () => {
      const { tasks } = await import('./commands/tasks.ts')
      await tasks(terminal)
    })
  program
    .command('info')
    .description('show one task as JSON')
    .argument('<id>')
    .action(async (id: string) => {
      const { info } = await import('./commands/info.ts')
      await info(terminal, id)
    })
  program
    .command('logs')
    .description("show the console of a task's machine")
    .argument('<id>')
    .option('-f, --follow', 'go on until the task has ended', false)
    .action(async (id: string, { follow }: { follow: boolean }) => {
      const { logs } = await import('./commands/logs.ts')
      await logs(terminal, id, { follow })
    })
  program
    .command('attach')
    .description("open a shell in a task's machine; Ctrl-] leaves it")
    .argument('<id>')
    .action(async (id: string) => {
      const { attach } = await import('./commands/live/attach.ts')
      await attach(terminal, id)
    })
  program
    .command('path')
    .description("print where a task's clone lies on this host")
    .argument('<id>')
    .action(async (id: string) => {
      const { path } = await import('./commands/path.ts')
      await path(terminal, id)
    })
  program
    .command('network')
    .description('show what a task reached and was refused, where its repository has a list of hosts')
    .argument('<id>')
    .action(async (id: string) => {
      const { network } = await import('./commands/network.ts')
      await network(terminal, id)
    })
  takesText(program.command('run'))
    .description('start a task on the running server and print its id')
    .argument('<repo>', 'alias of a registered repository')
    .argument('<description>', 'what the agent is to do')
    .option('--wait', 'wait for its end and print it', false)
    .option('--queue', 'wait for a slot when all are busy')
    .option('--priority <number>', 'of a task that waits: higher goes first', wholeNumber(bounds.priority))
    .option('--timeout-ms <number>', 'stop it after so long in its machine', wholeNumber(bounds.taskTimeoutMs))
    .option('--max-cost-usd <number>', 'stop it at this cost', amount(bounds.costUsd))
    .option('--max-tokens <number>', 'stop it at so many tokens', wholeNumber(bounds.tokens))
    .option('--model <name>', "the agent's model, in place of your own")
    .addOption(new Option('--effort <level>', 'how hard the model is to think').choices(efforts))
    .option('--base <revision>', "start from this branch, tag, commit or other task's id")
    .option(
      '--hold-ms <number>',
      'keep its agent for so long for what you tell it once it is done',
      wholeNumber(bounds.holdMs),
    )
    .option('--agent <setting=value>', "a setting of the agent's; repeatable", collect)
    .action(async (repo: string, description: string, options: RunFlags) => {
      const { run } = await import('./commands/run.ts')
      await run(terminal, { repo, description, ...options })
    })
  program
    .command('review')
    .description("show what waits at a task's ref and why, accept it, or reject it")
    .argument('<id>')
    .option('--diff', 'with the lines that changed')
    .option('--live', 'what it has changed so far, while it works')
    .option('--accept', 'merge it')
    .option('--accept-commits <ids>', 'merge these commits alone, separated by commas; the others stay at the ref')
    .option('--reword <commit=message>', 'give a commit another message while it is merged; repeatable', collect)
    .option('--reject', 'put on record that it is not wanted; it stays at its ref')
    .option('--drop-ref', 'with --reject: delete the ref too')
    .action(async (id: string, options: ReviewFlags) => {
      const { review } = await import('./commands/review.ts')
      await review(terminal, id, options)
    })
  program
    .command('install-agent')
    .description("add the conflict resolver to your Claude Code's agents")
    .option('--force', 'replace one that was changed', false)
    .action(async ({ force }: { force: boolean }) => {
      const { installAgent } = await import('./commands/install-agent.ts')
      await installAgent(terminal, { force })
    })
  for (const command of remoteCommands) addRemote(program, terminal, command)
  return program
}

/** Secrets that the gateway adds to requests, so that no guest has them; a person alone gives and takes them. */
function addSecrets(program: Command, terminal: Terminal): void {
  const secrets = program.command('secrets').description('secrets that tasks may use and never see')
  secrets.action(() => secrets.outputHelp())
  secrets
    .command('add')
    .description('keep a secret for one host; its value is read from standard input, or asked for')
    .argument('<name>', 'capital letters, digits and _')
    .requiredOption('--host <host>', 'the one host that is sent it, such as registry.npmjs.org')
    .option('--bearer', 'sent as Authorization: Bearer (default)')
    .option('--basic <user>', 'sent as the password of this user')
    .option('--header <header>', "sent in a header of its own, as 'PRIVATE-TOKEN:' or 'Authorization: token'")
    .option('--method <methods>', 'for these methods alone, separated by commas (default: GET,HEAD)')
    .option('--repository <alias>', 'for tasks of this repository; repeatable (default: all registered ones)', collect)
    .addOption(
      new Option('--for <tool>', 'what in a guest is pointed at it; repeatable (default: what the host is known for)')
        .choices([...secretTools, 'none'])
        .argParser(collectTool),
    )
    .option('--path <path>', 'where on the host npm or pip finds its registry, such as /simple/')
    // What does not belong here may be the secret, and Commander would show it.
    .allowExcessArguments()
    .allowUnknownOption()
    .action(async (name: string, { for: tools, ...options }: SecretFlags, { args }: Command) => {
      if (args.length > 1)
        throw new CommanderError(
          1,
          'secrets.add',
          'Only a name and the options of --help may follow; the secret itself is read from standard input',
        )
      const { addSecretCommand } = await import('./commands/secrets.ts')
      await addSecretCommand(terminal, name, { ...options, ...(tools && { tools }) })
    })
  secrets
    .command('list')
    .description('list the secrets, without their values')
    .action(async () => {
      const { listSecretsCommand } = await import('./commands/secrets.ts')
      await listSecretsCommand(terminal)
    })
  secrets
    .command('remove')
    .description('forget a secret')
    .argument('<name>')
    .action(async (name: string) => {
      const { removeSecretCommand } = await import('./commands/secrets.ts')
      await removeSecretCommand(terminal, name)
    })
}

/** A command that is one operation of the running server. */
function addRemote(program: Command, terminal: Terminal, remote: RemoteCommand): void {
  const command = program.command(remote.word).description(remote.description)
  if (remote.takesTask) command.argument('<id>')
  if (remote.takesText !== null) takesText(command.argument(`<${remote.takesText}>`))
  const options = Object.entries<RemoteOption>(remote.options)
  for (const [field, option] of options) {
    if ('oneOf' in option) {
      const words = Object.keys(option.oneOf)
      for (const [word, description] of Object.entries(option.oneOf))
        command.addOption(
          new Option(`--${word}`, description).conflicts(words.filter((other) => other !== word).map(camelCase)),
        )
      continue
    }
    const { description, number, amount: isAmount, default: value } = option
    const flag = `--${field.replaceAll('_', '-')}`
    if (number) command.option(`${flag} <number>`, description, (isAmount ? amount : wholeNumber)(number), value)
    else command.option(flag, description, false)
  }
  command.action(async () => {
    const { callRemote } = await import('./commands/remote/call-remote.ts')
    const given = command.opts<Readonly<Record<string, unknown>>>()
    const fields = options.map(([field, option]) => {
      const value = 'oneOf' in option ? Object.keys(option.oneOf).find((word) => given[word]) : given[camelCase(field)]
      return [field, value] as const
    })
    await callRemote(terminal, remote, {
      id: command.args[0],
      fields: {
        ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
        ...(remote.takesText !== null && { [remote.takesText]: command.args[1] }),
      },
    })
  })
}

/** Has the command say how it is given a text that looks like an option. */
const takesText = (command: Command): Command =>
  command.exitOverride((error) => {
    if (error.code !== 'commander.unknownOption') throw error
    throw new CommanderError(
      1,
      error.code,
      `${error.message}. A text that begins with - goes behind --, and all options before that`,
    )
  })

/** The name that Commander gives an option. */
const camelCase = (field: string): string => field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())

interface AllowFlags {
  readonly alias?: string
  readonly egress?: 'open' | 'closed' | 'default'
  readonly allowHost?: readonly string[]
  readonly merge?: 'auto' | 'review' | 'check'
  readonly check?: string
  readonly environment?: string
}

type SecretFlags = Omit<NewSecret, 'tools'> & { readonly for?: NonNullable<NewSecret['tools']> }

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageDirectory(), 'package.json'), 'utf8')) as { version: string }).version

function ipAddress(text: string): string {
  if (isIP(text)) return text
  throw new InvalidArgumentError('It must be an IP address, as 192.0.2.1, or 0.0.0.0 for all of this host.')
}

function collectTool(text: string, before: readonly (SecretTool | 'none')[] = []): readonly (SecretTool | 'none')[] {
  const tool = ([...secretTools, 'none'] as const).find((each) => each === text)
  if (tool) return [...before, tool]
  throw new InvalidArgumentError(`It must be one of ${secretTools.join(', ')}, none.`)
}

function amount({ least, most }: Bound): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be an amount from ${least} to ${most}.`)
  }
}

function wholeNumber({ least, most }: Bound): (text: string) => number {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}
