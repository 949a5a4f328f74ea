import { AppError } from '../../core/failure.ts'
import type { TaskPlace } from '../../core/task/task-place.ts'
import { protocolVersion } from '../protocol.ts'

/** A place whose program is older, or newer, than this one. */
export const otherVersion = (place: TaskPlace | undefined, version: number): AppError =>
  other(place, `speaks version ${version}, and this one ${protocolVersion}`)

/** A place to which its user leaves the key, and whose program is too old for that. */
export const takesNoKey = (place: TaskPlace | undefined): AppError => other(place, 'is too old to take the key')

export const takesNoServers = (place: TaskPlace | undefined): AppError =>
  other(place, 'is too old for the MCP servers that asAtHome gives along')

const other = (place: TaskPlace | undefined, why: string): AppError =>
  new AppError('host-incomplete', `The program at the place ${why}`, {
    hint: `Run: microvm-orchestrator places add ${place?.name ?? ''} again, as before`,
  })
