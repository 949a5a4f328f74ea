import type { Attack } from '../attack.ts'
import { gatewayAttacks } from './gateway-attacks.ts'
import { historyAttacks } from './history-attacks.ts'
import { livedAttacks } from './lived-attacks.ts'
import { messageAttacks } from './message-attacks.ts'
import { placeAttacks } from './place-attacks.ts'
import { privilegeAttacks } from './privilege-attacks.ts'
import { programAttacks } from './program-attacks.ts'
import { publishingAttacks } from './publishing-attacks.ts'
import { reachAttacks } from './reach-attacks.ts'
import { shareAttacks } from './share-attacks.ts'
import { sizeAttacks } from './size-attacks.ts'
import { stateAttacks } from './state-attacks.ts'

export { gatewayAttacks, placeAttacks, privilegeAttacks, reachAttacks }

export const leftBehindAttacks = [
  ...stateAttacks,
  ...shareAttacks,
  ...messageAttacks,
  ...programAttacks,
  ...publishingAttacks,
  ...historyAttacks,
  ...sizeAttacks,
]

export const allAttacks: readonly Attack[] = [
  ...leftBehindAttacks,
  ...privilegeAttacks,
  ...reachAttacks,
  ...gatewayAttacks,
  ...placeAttacks,
  ...Object.values(livedAttacks),
]
