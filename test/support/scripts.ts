import { bash, type History, type Script, say, sequence, use } from './claude/scripted-turn.ts'

const commitAll = (message: string): string =>
  `git add -A && git commit -q -m '${message}' && git log --oneline | head -3`

/** Writes a file and commits it, as an agent would: with its own tools, one after the other. */
export const commitFile = (file: string, content: string, message: string): Script =>
  sequence(
    ({ directory }) => use('Write', { file_path: `${directory}/${file}`, content }, `I will write ${file}.`),
    () => bash(commitAll(message)),
    () => say(`Done: ${file} is written and committed.`),
  )

/** Calls of our tools by a dispatching agent: each description to its repository, then waiting until as many ends came. */
export const dispatch = (tasks: readonly { readonly repo: string; readonly description: string }[]): Script => {
  const starts = tasks.map((task) => () => use('mcp__microvm__run_task', task))
  return (history) => {
    const start = starts[history.turn]
    if (start) return start()
    if (endsIn(history) >= tasks.length) return say('All tasks have ended.')
    return use('mcp__microvm__wait_next_event', { timeout_ms: 240_000 })
  }
}

/** A wait that answers anything but an end or a timeout stops the loop, and the test sees it. */
const endsIn = ({ results }: History): number =>
  results.filter(({ name, text }) => name === 'mcp__microvm__wait_next_event' && !/"timeout": ?true/.test(text)).length

/** What the agent in a guest does, chosen by the task's text. */
export const agentScripts = {
  default: commitFile('HELLO.md', 'Hello from a microVM.\n', 'Add HELLO.md'),
  /** Says something and changes nothing. */
  idle: sequence(() => say('There is nothing to do.')),
  'refused-key': () => ({ kind: 'error', status: 401 }),
  'rate-limited': () => ({ kind: 'error', status: 429 }),
  overloaded: () => ({ kind: 'error', status: 529 }),
  broken: () => ({ kind: 'error', status: 500 }),
  hanging: () => ({ kind: 'hang' }),
} satisfies Record<string, Script>
