import type { Failure } from '../core/failure.ts'
import type { MergeView } from '../core/task/view.ts'
import { visibleText } from '../core/visible-text.ts'

const line = 'microvm-orchestrator'

/**
 * What stands in the window where a text of ours names an operation, a field of one, or a line to type for which the window has a button.
 * The first that fits holds. Lines that no button stands for stay as they are: prune, setup-token, serve, allow with an environment.
 */
const words: readonly (readonly [RegExp, string])[] = [
  [
    /Wait for one with wait_next_event, or see list_slots/g,
    'Wait for one of them to end, or have the task wait for a slot',
  ],
  [/\bwait_next_event tells\b/g, 'this window tells'],
  [/what run_plan answered; get_task_info has it too/g, 'in the details of its tasks'],
  [/\bsee list_tasks\b/gi, 'History has all tasks'],
  [/\bget_task_info says how\b/g, 'Its result says how'],
  [/\bCall resolve_task with (\w+)/g, 'Open task $1, and choose Resolve with Claude'],
  [/\brun_task with base (\w+)/g, 'New Task with “Start from” $1'],
  [/\bresolve_task\b/g, 'Resolve with Claude'],
  [/\bretry_task\b/g, 'Run Again'],
  [/\bmerge_task\b/g, 'Merge Now'],
  [/\bchoose_attempt\b/g, 'Choose'],
  [/\brun_task\b/g, 'New Task'],
  [/\bcontinue_task\b/g, 'Continue'],
  [/\bfork_task\b/g, 'Fork'],
  [/\bsend_message\b/g, 'Send'],
  [/\bfinish_task\b/g, 'Finish'],
  [/\bcancel_task\b/g, 'Stop'],
  [/\bmax_cost_usd\b/g, 'the cost limit'],
  [/\bmax_tokens\b/g, 'the token limit'],
  [/\btimeout_ms\b/g, 'the time limit'],
  [new RegExp(`${line} review \\S+ --accept`, 'g'), 'Accept All in its review'],
  [new RegExp(`${line} review [^\\s.,;)]+`, 'g'), 'Review…'],
  [new RegExp(`${line} merge [^\\s.,;)]+`, 'g'), 'Merge Now'],
  [new RegExp(`${line} choose [^\\s.,;)]+`, 'g'), 'Choose'],
  [new RegExp(`(?:Run: )?${line} allow (?!\\S+ --)[^\\s;)]+`, 'g'), 'Add it under Repositories'],
  [new RegExp(`Run: ${line} doctor`, 'g'), 'Set-up says what is missing'],
  [new RegExp(`then run ${line} doctor`, 'g'), 'then look at Set-up'],
  [new RegExp(`${line} doctor`, 'g'), 'Set-up'],
  [/`([^`\n]+)`/g, '$1'],
]

/** A hint or sentence of ours in the window's own words. */
export const inWindowWords = (text: string): string =>
  words.reduce((said, [pattern, word]) => said.replace(pattern, word), text)

/** What to do about a failure, in the window's words; its message may quote a program and stays. */
export function failureInWindow(failure: Failure): Failure {
  const { hint } = failure
  return hint === undefined ? failure : { ...failure, hint: inWindowWords(hint) }
}

/** What became of a merge, in the window's words. */
export function mergeInWindow(merge: MergeView): MergeView {
  const shown = merge.merged ? merge : { ...merge, detail: inWindowWords(merge.detail) }
  if (!('check' in shown) || !shown.check) return shown
  return { ...shown, check: { ...shown.check, output: visibleText(shown.check.output) } }
}
