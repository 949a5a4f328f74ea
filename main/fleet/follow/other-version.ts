import { AppError } from '../../core/failure.ts'
import type { TaskPlace } from '../../core/task/task-place.ts'
import { protocolVersion } from '../protocol.ts'

/** A place whose program is older, or newer, than this one. */
export const otherVersion = (place: TaskPlace | undefined, version: number): AppError =>
  new AppError(
    'host-incomplete',
    `The program at the place speaks version ${version}, and this one ${protocolVersion}`,
    {
      hint: `Run: microvm-orchestrator places add ${place?.name ?? ''} again, as before`,
    },
  )
