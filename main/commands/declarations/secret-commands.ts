import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type SecretTool, secretTools } from '../../core/network/secret.ts'
import type { NewSecret } from '../home/secrets.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { collect } from './argument-types.ts'

/** Secrets that the gateway adds to requests, so that no guest has them; a person alone gives and takes them. */
export function addSecretCommands(program: Command, terminal: Terminal): void {
  const secrets = program.command('secrets').description('secrets that tasks may use and never see')
  secrets.action(() => secrets.outputHelp())
  secrets
    .command('add')
    .description('keep a secret for one host; its value is read from standard input, or asked for')
    .argument('<name>', 'capital letters, digits and _')
    .requiredOption('--host <host>', 'the one host that is sent it, such as registry.npmjs.org')
    .option('--bearer', 'sent as Authorization: Bearer (default, but for cargo)')
    .option('--basic <user>', 'sent as the password of this user')
    .option('--header <header>', "sent in a header of its own, as 'PRIVATE-TOKEN:' or 'Authorization: token'")
    .option('--method <methods>', 'for these methods alone, separated by commas (default: GET,HEAD)')
    .option('--repository <alias>', 'for tasks of this repository; repeatable (default: all registered ones)', collect)
    .option('--for-this-host', 'for pull-requests alone, and for no task', false)
    .addOption(
      new Option('--for <tool>', 'what in a guest is pointed at it; repeatable (default: what the host is known for)')
        .choices([...secretTools, 'none'])
        .argParser(collectTool),
    )
    .option(
      '--path <path>',
      'where on the host npm, pip or cargo finds its registry, or nix its cache, such as /simple/',
    )
    .option('--token-host <host>', 'for docker: another host that is sent it too, and gives tokens for the registry')
    .option('--public-key <key>', 'for nix: by which the cache signs what it has, as NAME:KEY')
    .option('--keychain', "kept in the system's keychain, in place of a file of yours")
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
      const { addSecretCommand } = await import('../home/secrets.ts')
      await addSecretCommand(terminal, name, { ...options, ...(tools && { tools }) })
    })
  secrets
    .command('list')
    .description('list the secrets, without their values')
    .action(async () => {
      const { listSecretsCommand } = await import('../home/secrets.ts')
      await listSecretsCommand(terminal)
    })
  secrets
    .command('remove')
    .description('forget a secret')
    .argument('<name>')
    .action(async (name: string) => {
      const { removeSecretCommand } = await import('../home/secrets.ts')
      await removeSecretCommand(terminal, name)
    })
}

type SecretFlags = Omit<NewSecret, 'tools'> & { readonly for?: NonNullable<NewSecret['tools']> }

function collectTool(text: string, before: readonly (SecretTool | 'none')[] = []): readonly (SecretTool | 'none')[] {
  const tool = ([...secretTools, 'none'] as const).find((each) => each === text)
  if (tool) return [...before, tool]
  throw new InvalidArgumentError(`It must be one of ${secretTools.join(', ')}, none.`)
}
