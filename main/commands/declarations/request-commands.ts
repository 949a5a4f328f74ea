import { type Command, Option } from 'commander'
import { type ForgeWish, forges } from '../../core/pull-request.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Where work that waits for a review is asked to be merged; a person alone says so. */
export function addRequestCommands(program: Command, terminal: Terminal): void {
  const requests = program
    .command('pull-requests')
    .description('repositories whose work waits in pull requests of a forge, such as GitHub')
  requests.action(() => requests.outputHelp())
  requests
    .command('set')
    .description('push work that waits for a review to a branch of a remote, and open a request for it')
    .argument('<alias>')
    .addOption(new Option('--forge <kind>', 'what the remote is').choices(forges).makeOptionMandatory())
    .requiredOption('--secret <name>', 'the secret that remote and API are shown, see secrets add')
    .option('--remote <name>', 'whose address is pushed to, over https', 'origin')
    .option('--target <branch>', 'what requests ask to be merged into (default: the branch that a task started from)')
    .option('--api <url>', 'where the API is (default: what the remote tells)')
    .action(async (alias: string, options: ForgeWish) => {
      const { setForgeCommand } = await import('../home/pull-requests.ts')
      await setForgeCommand(terminal, alias, options)
    })
  requests
    .command('list')
    .description('list the repositories that have pull requests')
    .action(async () => {
      const { listForgesCommand } = await import('../home/pull-requests.ts')
      await listForgesCommand(terminal)
    })
  requests
    .command('remove')
    .description('push and ask for nothing more')
    .argument('<alias>')
    .action(async (alias: string) => {
      const { removeForgeCommand } = await import('../home/pull-requests.ts')
      await removeForgeCommand(terminal, alias)
    })
}
