import { failureText } from '../../core/failure.ts'
import type { AnyReply } from '../../window/answer-call.ts'
import type { ShortNotice } from './notifier.ts'

/** What is told of a folder that was dropped or chosen, by the answer to `addRepository`. Pure. */
export function registered(path: string, reply: AnyReply): ShortNotice {
  const added = reply.ok ? (reply.value as { kind: string; alias?: string }) : undefined
  const notice: ShortNotice = { title: '', body: path, place: { view: 'repositories' } }
  if (added?.kind === 'registered') return { ...notice, title: `Registered: ${added.alias}` }
  if (added?.kind === 'tools-found')
    return { ...notice, title: 'It has no flake.nix', body: `${path}: add it in the window to use what was found` }
  if (added?.kind === 'flake-missing') return { ...notice, title: 'It needs a flake.nix' }
  return { ...notice, title: 'Not registered', body: refusalOf(reply, path) }
}

function refusalOf(reply: AnyReply, path: string): string {
  if (!reply.ok) return failureText(reply.failure)
  const { failure } = reply.value as { failure?: { code: never; message: string } }
  return failure ? failureText(failure) : path
}
