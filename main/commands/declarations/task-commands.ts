import { type Command, Option } from 'commander'
import { bounds } from '../../core/bounds.ts'
import { efforts } from '../../core/task/agent-choice.ts'
import type { ReviewFlags } from '../review.ts'
import type { RunFlags } from '../run/run.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { amount, collect, takesText, wholeNumber } from './argument-types.ts'

/** Commands that start a task, and that show what there is of one. */
export function addTaskCommands(program: Command, terminal: Terminal): void {
  program
    .command('tasks')
    .description('list the tasks of all registered repositories')
    .action(async () => {
      const { tasks } = await import('../tasks.ts')
      await tasks(terminal)
    })
  program
    .command('info')
    .description('show one task as JSON')
    .argument('<id>')
    .action(async (id: string) => {
      const { info } = await import('../info.ts')
      await info(terminal, id)
    })
  program
    .command('logs')
    .description("show the console of a task's machine")
    .argument('<id>')
    .option('-f, --follow', 'go on until the task has ended', false)
    .action(async (id: string, { follow }: { follow: boolean }) => {
      const { logs } = await import('../logs.ts')
      await logs(terminal, id, { follow })
    })
  program
    .command('preview')
    .description("print an address at which this host's browser finds a port of a task's machine")
    .argument('<id>')
    .argument('[port]', 'without one: at which ports the agent listens', wholeNumber({ ...bounds.port, least: 1 }))
    .action(async (id: string, port: number | undefined) => {
      const { preview } = await import('../live/preview.ts')
      await preview(terminal, id, port)
    })
  program
    .command('attach')
    .description("open a shell in a task's machine; Ctrl-] leaves it")
    .argument('<id>')
    .action(async (id: string) => {
      const { attach } = await import('../live/attach.ts')
      await attach(terminal, id)
    })
  program
    .command('ssh-config')
    .description("have ssh, and the editors that use it, reach tasks' machines as ID.microvm")
    .option('--file <path>', 'the configuration of ssh that is to know them (default: ~/.ssh/config)')
    .action(async ({ file }: { file?: string }) => {
      const { sshConfig } = await import('../live/ssh-config.ts')
      await sshConfig(terminal, file)
    })
  program
    .command('ssh-proxy')
    .description('what ssh runs to reach ID.microvm; see ssh-config')
    .argument('<host>')
    .action(async (host: string) => {
      const { sshProxy } = await import('../live/ssh-proxy.ts')
      await sshProxy(terminal, host)
    })
  program
    .command('path')
    .description("print where a task's clone lies on this host")
    .argument('<id>')
    .action(async (id: string) => {
      const { path } = await import('../offline/path.ts')
      await path(terminal, id)
    })
  program
    .command('network')
    .description('show what a task reached and was refused, where its repository has a list of hosts')
    .argument('<id>')
    .action(async (id: string) => {
      const { network } = await import('../offline/network.ts')
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
    .option('--after <id>', 'begin when this task has ended, from its result; repeatable', collect)
    .option(
      '--hold-ms <number>',
      'keep its agent for so long for what you tell it once it is done',
      wholeNumber(bounds.holdMs),
    )
    .option('--attempts <number>', 'give it to so many agents, of which you choose one', wholeNumber(bounds.attempts))
    .option('--models <names>', 'with --attempts: the models of their agents in turn, separated by commas')
    .option('--judge', 'with --attempts: another task reads what they made and chooses')
    .option(
      '--place <name>',
      'run it on another machine, or at the first with room of several: local,desk; see: places list',
    )
    .option('--agent <setting=value>', "a setting of the agent's; repeatable", collect)
    .action(async (repo: string, description: string, options: RunFlags) => {
      const { run } = await import('../run/run.ts')
      await run(terminal, { repo, description, ...options })
    })
  program
    .command('run-plan')
    .description('start several tasks of which some come after others, and print the ids of plan and tasks')
    .argument(
      '<file>',
      'JSON: {"tasks": [{"name", "repo", "description", "after"?: [names]}, ...]}; - for standard input',
    )
    .action(async (file: string) => {
      const { runPlan } = await import('../run/run-plan.ts')
      await runPlan(terminal, file)
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
      const { review } = await import('../review.ts')
      await review(terminal, id, options)
    })
}
