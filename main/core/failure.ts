/** Every error that a user can act on has one of these codes; clients may switch on them. */
export const failureCodes = [
  'repository-unknown',
  'repository-invalid',
  'alias-invalid',
  'flake-missing',
  'environment-invalid',
  'key-missing',
  'token-unsafe',
  'description-invalid',
  'argument-invalid',
  'task-unknown',
  'task-busy',
  'task-ended',
  'slots-busy',
  'memory-short',
  'rate-limited',
  'hook-failed',
  'host-incomplete',
  'border-broken',
  'image-failed',
  'clone-failed',
  'boot-failed',
  'guest-failed',
  'agent-failed',
  'result-missing',
  'result-invalid',
  'salvage-failed',
  'merge-failed',
  'interrupted',
  'cancelled',
  'timed-out',
  'cost-limit',
  'token-limit',
  'silent',
  'usage-limit',
  'api-unavailable',
  'port-taken',
  'home-unusable',
  'no-server',
  'place-unknown',
  'place-unreachable',
  'place-refused',
  'session-missing',
  'statement-invalid',
  'disk-full',
  'internal',
] as const

export type FailureCode = (typeof failureCodes)[number]

/** What crosses a border (MCP, HTTP, a record on disk): no stack, no host path that the reader has no use for. */
export interface Failure {
  readonly code: FailureCode
  readonly message: string
  /** What to do next, as one sentence or one command. */
  readonly hint?: string
}

/** An error that the user can act on. Anything else that is thrown is a defect of ours. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: FailureCode
  readonly hint: string | undefined

  constructor(code: FailureCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}

/** Turns whatever was thrown into what may be shown; an unknown error keeps its message, never its stack. */
export function toFailure(thrown: unknown, fallback: FailureCode = 'internal'): Failure {
  if (thrown instanceof AppError) {
    return { code: thrown.code, message: thrown.message, ...(thrown.hint === undefined ? {} : { hint: thrown.hint }) }
  }
  return { code: fallback, message: messageOf(thrown) }
}

/** What an error says, whatever was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/** The error that a failure was, to be thrown again. */
export const errorOf = ({ code, message, hint }: Failure): AppError =>
  new AppError(code, message, hint === undefined ? {} : { hint })

/** What clients are given of an error that is ours: its message may name paths and is for the log. */
export const defect: Failure = { code: 'internal', message: 'The orchestrator failed; its log has the reason' }

/** The one line that a terminal or an MCP client reads. */
export function failureText(failure: Failure): string {
  return failure.hint ? `${failure.message}. ${failure.hint}` : failure.message
}
