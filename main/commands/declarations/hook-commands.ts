import { type Command, Option } from 'commander'
import { hookKinds } from '../../core/hook.ts'
import type { NewHook } from '../home/hooks.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { collect } from './argument-types.ts'

/** Who is told of the ends of tasks outside this program; a person alone says so. */
export function addHookCommands(program: Command, terminal: Terminal): void {
  const hooks = program
    .command('hooks')
    .description('who is told when tasks end: a web address, Slack, ntfy, or a command')
  hooks.action(() => hooks.outputHelp())
  hooks
    .command('add')
    .description('tell one more of what happens from now on; an address is read from standard input, or asked for')
    .argument('<name>', 'small letters, digits and -')
    .addOption(
      new Option('--to <kind>', 'what is told').choices(['webhook', 'slack', 'ntfy', 'command']).makeOptionMandatory(),
    )
    .option('--command <line>', 'with --to command: the line for your shell, which reads JSON from standard input')
    .option('--token', 'with --to ntfy: a second line of standard input is an access token', false)
    .addOption(
      new Option('--on <kind>', 'what it is told of; repeatable (default: all but unchanged)')
        .choices(hookKinds)
        .argParser((value: string, before: readonly string[] = []) => [...before, value]),
    )
    .option('--repository <alias>', 'of tasks of this repository; repeatable (default: all)', collect)
    .action(async (name: string, options: NewHook) => {
      const { addHookCommand } = await import('../home/hooks.ts')
      await addHookCommand(terminal, name, options)
    })
  hooks
    .command('list')
    .description('list the hooks, and what could not be told')
    .action(async () => {
      const { listHooksCommand } = await import('../home/hooks.ts')
      await listHooksCommand(terminal)
    })
  hooks
    .command('test')
    .description('tell a hook once that this is a test')
    .argument('<name>')
    .action(async (name: string) => {
      const { testHookCommand } = await import('../home/hooks.ts')
      await testHookCommand(terminal, name)
    })
  hooks
    .command('remove')
    .description('tell it nothing more')
    .argument('<name>')
    .action(async (name: string) => {
      const { removeHookCommand } = await import('../home/hooks.ts')
      await removeHookCommand(terminal, name)
    })
}
