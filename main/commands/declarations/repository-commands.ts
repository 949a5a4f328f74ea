import { type Command, Option } from 'commander'
import { bounds } from '../../core/bounds.ts'
import { type Landing, landings } from '../../core/landing/landing.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { amount, collect } from './argument-types.ts'

/** Commands about the list of registered repositories. */
export function addRepositoryCommands(program: Command, terminal: Terminal): void {
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
      'what its tasks work in: auto, flake, devcontainer, tools, plain, or a folder with a flake outside the repository',
    )
    .option('--check <command>', "runs in the task's machine after the agent; its work is merged when it succeeds")
    .option('--check-minutes <minutes>', 'how long the check may take (default: 30)', amount(bounds.checkMinutes))
    .addOption(
      new Option(
        '--landing <way>',
        'how checked work comes onto the branch: one task after the other (direct), or several checked at once on top of each other (train)',
      ).choices(landings),
    )
    .option(
      '--place <names>',
      'where its tasks run that name no place, best first: local and places with commas, or default',
    )
    .action(async (path: string | undefined, { allowHost, ...options }: AllowFlags) => {
      const { allow } = await import('../allow.ts')
      await allow(terminal, path, { ...options, ...(allowHost && { allowHosts: allowHost }) })
    })
  program
    .command('list')
    .description('list the registered repositories')
    .option('--egress', 'with what the tasks of each may reach', false)
    .option('--merge', 'with when the tasks of each are merged', false)
    .option('--environment', 'with what the tasks of each work in', false)
    .action(async (options: { egress: boolean; merge: boolean; environment: boolean }) => {
      const { list } = await import('../list.ts')
      await list(terminal, options)
    })
  program
    .command('remove')
    .description('forget a repository; its files stay')
    .argument('<alias>')
    .action(async (alias: string) => {
      const { remove } = await import('../remove.ts')
      await remove(terminal, alias)
    })
  program
    .command('verify')
    .description('check what a home signed of a commit that a task brought, in the repository of this folder')
    .argument('<commit>')
    .option('--key <file>', "a public key that is trusted in place of this home's own; repeatable", collect)
    .action(async (commit: string, { key }: { key?: readonly string[] }) => {
      const { verify } = await import('../offline/verify.ts')
      await verify(terminal, commit, key)
    })
}

interface AllowFlags {
  readonly alias?: string
  readonly egress?: 'open' | 'closed' | 'default'
  readonly allowHost?: readonly string[]
  readonly merge?: 'auto' | 'review' | 'check'
  readonly check?: string
  readonly checkMinutes?: number
  readonly landing?: Landing
  readonly place?: string
  readonly environment?: string
}
