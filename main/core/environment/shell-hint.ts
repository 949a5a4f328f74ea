import type { Failure } from '../failure.ts'
import type { TaskEnvironment } from './environment.ts'

interface Shell {
  /** Left out, the repository's own flake. */
  readonly environment?: TaskEnvironment
  readonly repo: string
  readonly repoPath: string
}

/** What the runner says of a development shell that was not entered; nix's last words follow. */
const notEntered = /^nix develop failed \(exit status \d+\)/

/**
 * Adds to a failure what to do where nix gave no development shell. What nix said comes from the guest: it chooses among sentences of ours, and no
 * more. Pure.
 */
export function withShellHint(failure: Failure | null, shell: Shell): Failure | null {
  if (failure?.code !== 'agent-failed' || failure.hint !== undefined || !notEntered.test(failure.message))
    return failure
  const hint = hintFor(failure.message, shell)
  return hint === null ? failure : { ...failure, hint }
}

function hintFor(said: string, { environment, repo, repoPath }: Shell): string | null {
  if (/No space left on device|Disk quota exceeded/.test(said))
    return "The disk of its slot is full: with no task at work, delete slots/N in the home to get a new one, N being the task's slot"
  if (
    /unable to (download|fetch)|[Cc]ould ?n[o']t (resolve|connect)|Failed to connect|Network is unreachable/.test(said)
  )
    return `What the flake names could not be downloaded. Where the task may not reach it, run: microvm-orchestrator allow ${repoPath} --egress open, or --allow-host with the hosts that nix names`
  if (environment?.kind === 'tools')
    return `Its flake is environments/${repo}/flake.nix in the home. Mend it there, or have it made again: microvm-orchestrator allow ${repoPath} --environment tools`
  return environment?.kind === 'folder' ? `Its flake is the one in ${environment.path}` : null
}
