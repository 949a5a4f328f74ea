import type { HomeAfter, SaidFrame } from './attack.ts'
import { saidByUser, silentHome } from './catalog/place-attacks.ts'

/** A home that believes whatever a place says, and keeps all of it. */
export function naiveHome(frames: Iterable<SaidFrame>): HomeAfter {
  const states = new Map([[saidByUser, 'queued']])
  let after = silentHome
  for (const frame of frames) {
    if ('raw' in frame) after = { ...after, roomMade: frame.raw.readUInt32BE(0) }
    else if ('bytes' in frame) after = { ...after, kept: after.kept + frame.bytes.length }
    else after = believed(after, frame.message as Message, states)
  }
  return { ...after, messages: [...states].map(([id, state]) => ({ id, state })) }
}

interface Message {
  readonly type: string
  readonly takesKey?: boolean
  readonly commit?: string
  readonly end?: { readonly failure?: HomeAfter['failure'] }
  readonly status?: {
    readonly notes: readonly string[]
    readonly waits: { readonly said: string } | null
    readonly read: readonly { readonly id: string; readonly as: string }[]
  }
}

function believed(
  after: HomeAfter,
  { type, takesKey, commit, end, status }: Message,
  states: Map<string, string>,
): HomeAfter {
  for (const { id, as } of status?.read ?? []) states.set(id, as)
  return {
    ...after,
    notes: [...after.notes, ...(status?.notes ?? [])],
    said: status?.waits?.said.length ?? after.said,
    failure: end?.failure ?? after.failure,
    commit: commit ?? after.commit,
    keys: after.keys + (takesKey ? 1 : 0),
    connections: after.connections + (type === 'dial' ? 1 : 0),
  }
}
