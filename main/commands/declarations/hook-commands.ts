import { type Command, Option } from 'commander'
import { hookKinds } from '../../core/hook.ts'
import type { NewHook } from '../home/hooks.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { collect } from './argument-types.ts'

/** Where events of tasks are sent outside of this program; a person alone says so. */
export function addHookCommands(program: Command, terminal: Terminal): void {
  const hooks = program
    .command('hooks')
    .description('notifications by webhook, Slack, ntfy or a command when tasks end')
  hooks.action(() => hooks.outputHelp())
  hooks
    .command('add')
    .description('send events from now on to one more target; its address is read from standard input, or asked for')
    .argument('<name>', 'small letters, digits and -')
    .addOption(
      new Option('--to <kind>', 'where events are sent')
        .choices(['webhook', 'slack', 'ntfy', 'command'])
        .makeOptionMandatory(),
    )
    .option('--command <line>', 'with --to command: the line for your shell, which reads JSON from standard input')
    .option('--token', 'with --to ntfy: a second line of standard input is an access token', false)
    .addOption(
      new Option('--on <kind>', 'which events are sent; repeatable (default: all but unchanged)')
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
    .description('list the hooks, and what could not be delivered')
    .action(async () => {
      const { listHooksCommand } = await import('../home/hooks.ts')
      await listHooksCommand(terminal)
    })
  hooks
    .command('test')
    .description('send a test event to a hook')
    .argument('<name>')
    .action(async (name: string) => {
      const { testHookCommand } = await import('../home/hooks.ts')
      await testHookCommand(terminal, name)
    })
  hooks
    .command('remove')
    .description('send nothing more to it')
    .argument('<name>')
    .action(async (name: string) => {
      const { removeHookCommand } = await import('../home/hooks.ts')
      await removeHookCommand(terminal, name)
    })
}
