import { bounds, defaultWaitMs } from '../../core/bounds.ts'
import { printJson } from '../terminal/print-json.ts'
import { mergedText } from './merged-text.ts'
import { printPruned } from './print-pruned.ts'
import { type RemoteCommand, remoteCommand } from './remote-command.ts'

/**
 * The commands that are one operation of the running server each. The command line is loaded for every command, so this file and what it imports
 * stay small: of the operations only types are known here.
 */
export const remoteCommands: readonly RemoteCommand[] = [
  // All `wait` commands of a home are one consumer, so each end is printed once.
  remoteCommand('wait_next_event', {
    word: 'wait',
    description: 'wait for the next end of a task and print it as JSON',
    options: { timeout_ms: { description: 'give up after this long', number: bounds.waitMs, default: defaultWaitMs } },
    print: printJson,
  }),
  // It returns when the stop is on record; `wait` and `info` show the end.
  remoteCommand('cancel_task', {
    word: 'cancel',
    description: 'stop a task; its work is kept at refs/tasks/ID',
    takesTask: true,
    print: (terminal, _answer, { task_id }) => terminal.say(`Cancelled: ${task_id}`),
  }),
  remoteCommand('cancel_plan', {
    word: 'cancel-plan',
    description: 'stop every task of a plan that has not ended',
    takesText: 'plan_id',
    print: (terminal, { cancelled }) =>
      terminal.say(cancelled.length === 0 ? 'Every task of it had ended' : `Cancelled: ${cancelled.join(', ')}`),
  }),
  remoteCommand('send_message', {
    word: 'tell',
    description: 'say something to the agent of a task that has not ended; it reads it at its next step',
    takesTask: true,
    takesText: 'text',
    options: {
      when: {
        oneOf: {
          now: 'end what the agent does at this moment and have it read the text',
          after: 'have it read the text once it is done with what it does',
        },
      },
    },
    print: (terminal, _answer, { task_id }) => terminal.say(`Sent: ${task_id}`),
  }),
  remoteCommand('interrupt_task', {
    word: 'interrupt',
    description: 'have the agent of a task stop what it does and wait for what you tell it',
    takesTask: true,
    print: (terminal, _answer, { task_id }) =>
      terminal.say(`Interrupted: ${task_id}. It goes on with: microvm-orchestrator tell ${task_id} TEXT`),
  }),
  remoteCommand('finish_task', {
    word: 'finish',
    description: 'have the agent of a task that waits for you come to its end, and its work be merged as usual',
    takesTask: true,
    print: (terminal, _answer, { task_id }) => terminal.say(`Finishing: ${task_id}`),
  }),
  remoteCommand('merge_task', {
    word: 'merge',
    description: 'try again to merge the work that waits at refs/tasks/ID, also what waits for you to decide',
    takesTask: true,
    print: (terminal, merge) => {
      terminal.say(mergedText(merge))
      if (merge.merged && merge.method !== 'none' && merge.detail !== undefined) terminal.say(merge.detail)
    },
  }),
  remoteCommand('choose_attempt', {
    word: 'choose',
    description: 'of several attempts at a task, take this one and merge it; the others stay at their refs',
    takesTask: true,
    print: (terminal, merge) => terminal.say(mergedText(merge)),
  }),
  remoteCommand('resolve_task', {
    word: 'resolve',
    description: "start a task that resolves another one's conflicts and print its id",
    takesTask: true,
    print: (terminal, { task_id }) => terminal.say(task_id),
  }),
  remoteCommand('continue_task', {
    word: 'continue',
    description: 'have a task that has ended go on with a further text, in its own clone and session, and print its id',
    takesTask: true,
    takesText: 'text',
    options: {
      timeout_ms: { description: 'stop it after so long in its next machine', number: bounds.taskTimeoutMs },
      max_cost_usd: { description: 'stop it at this cost of the whole task', number: bounds.costUsd, amount: true },
      max_tokens: { description: 'stop it at so many tokens of the whole task', number: bounds.tokens },
    },
    print: (terminal, { task_id }) => terminal.say(task_id),
  }),
  remoteCommand('fork_task', {
    word: 'fork',
    description:
      'start tasks that go on where one has ended, each with its own copy of clone and session, and print their ids',
    takesTask: true,
    takesText: 'text',
    options: {
      count: { description: 'so many (default: 1)', number: bounds.forks },
      timeout_ms: { description: 'stop each after so long in its machine', number: bounds.taskTimeoutMs },
      max_cost_usd: { description: 'stop each at this cost of its own', number: bounds.costUsd, amount: true },
      max_tokens: { description: 'stop each at so many tokens of its own', number: bounds.tokens },
    },
    print: (terminal, { task_ids }) => {
      for (const id of task_ids) terminal.say(id)
    },
  }),
  remoteCommand('retry_task', {
    word: 'retry',
    description: 'start a task with the text, repository and limits of one that has ended, and print its id',
    takesTask: true,
    options: {
      on_top_of: {
        text: 'other',
        description: 'begin from what this other task comes to; a task at work is stopped first, and its work kept',
      },
    },
    print: (terminal, { task_id }) => terminal.say(task_id),
  }),
  remoteCommand('set_up_repository', {
    word: 'setup',
    description: 'start a task that writes and tries a flake.nix or a dev container for a repository, and print its id',
    takesText: 'repo',
    options: {
      timeout_ms: { description: 'stop it after so long in its machine', number: bounds.taskTimeoutMs },
      max_cost_usd: { description: 'stop it at this cost in US dollars', number: bounds.costUsd, amount: true },
      max_tokens: { description: 'stop it at so many tokens', number: bounds.tokens },
      queue: { description: 'wait for a slot when all are busy' },
    },
    print: (terminal, { task_id }) => terminal.say(task_id),
  }),
  remoteCommand('cleanup_task', {
    word: 'cleanup',
    description: "delete a finished task's folder",
    takesTask: true,
    options: { delete_ref: { description: 'delete refs/tasks/ID too' } },
    print: (terminal, _answer, { task_id }) => terminal.say(`Cleaned up: ${task_id}`),
  }),
  remoteCommand('usage', {
    word: 'usage',
    description: 'show as JSON what takes how much room on disk',
    print: printJson,
  }),
  remoteCommand('prune', {
    word: 'prune',
    description: 'delete folders of old finished tasks whose work is safe, and unused guest images',
    options: {
      dry_run: { description: 'only tell' },
      keep_days: {
        description: 'tasks that ended longer ago go (default: 14, unless --max-gib is given)',
        number: bounds.keepDays,
      },
      max_gib: { description: 'the oldest go until all take no more than this', number: bounds.maxGib },
    },
    print: printPruned,
  }),
]
