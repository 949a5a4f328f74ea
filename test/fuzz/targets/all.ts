import type { Target } from '../target.ts'
import { lineTargets } from './attach-line.ts'
import { fleetTargets } from './fleet.ts'
import { doorTargets } from './front-doors.ts'
import { guestTargets } from './guest.ts'
import { hostTargets } from './host-files.ts'
import { machineTargets } from './qmp.ts'

export const allTargets: readonly Target[] = [
  ...guestTargets,
  ...hostTargets,
  ...doorTargets,
  ...machineTargets,
  ...lineTargets,
  ...fleetTargets,
]
