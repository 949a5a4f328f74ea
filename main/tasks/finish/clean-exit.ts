import type { MachineExit } from '../../core/task/task.ts'
import { scrubText } from '../../lib/guest/scrub.ts'

/** The exit as it may be kept: its detail can be a line of the guest's console, and so hold the key. Pure. */
export const cleanExit = (exit: MachineExit, secret: string): MachineExit =>
  'detail' in exit ? { ...exit, detail: scrubText(exit.detail, secret) } : exit
