/** Names inside the share: what the host lays down for the guest, and what the guest leaves. */
export const shareNames = {
  description: 'task.md',
  /** The text with which a task was continued. */
  continuation: 'continue.md',
  /** What the user has said to the agent at work, and it has not read yet; and what says that it is too late for more. */
  messages: 'messages.jsonl',
  inboxClosed: 'inbox-closed',
  /** There while the agent has nothing to do; what it said last is in it. */
  agentWaits: 'agent-waits',
  /** What earlier agents of the task were told, oldest first: a JSON object with id and text a line. */
  told: 'told.jsonl',
  key: '.api-key',
  environment: 'environment',
  /** The flake that stands in place of the repository's: names and contents in turn, each ended by a NUL. */
  environmentFiles: 'environment-files',
  /** What of the user's own Claude Code comes along: names, each behind `x` for a program or `-`, and contents in turn. */
  claudeFiles: 'claude-files',
  startRef: 'start-ref',
  /** There from the start in a machine that is booted ahead of its task; the guest says that it waits, and the host to begin. */
  standby: 'standby',
  waiting: 'waiting',
  go: 'go',
  /** While it waits: clone and share hold what its agent can be loaded with; or they do no longer, which the guest answers by `waiting`. */
  load: 'load',
  unload: 'unload',
  started: 'started',
  /** There while what the task works in is made ready: downloads, and builds of a dev container. */
  preparing: 'preparing',
  /** A folder: what Claude remembers, kept for its next agent. */
  session: 'session',
  /** There once nothing of the agent runs any more and all that it wrote in the shares is with the host; the guest needs them no more. */
  ended: 'ended',
  result: 'result.json',
  stream: 'claude-stream.jsonl',
} as const
