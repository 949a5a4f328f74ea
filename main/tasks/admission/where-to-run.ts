import { AppError } from '../../core/failure.ts'
import { choosePlace, localPlace, parsePlaceOrder, type Room } from '../../core/task/place-order.ts'
import type { RegisteredRepository, RunRequest } from '../contract.ts'
import type { Places } from '../run/task-run.ts'

export type PlaceOrder = readonly [string, ...string[]]

const here: PlaceOrder = [localPlace]

/** Where a task was asked to run, best first. @throws AppError('argument-invalid') for what names no places. */
export function askedOrder({ place }: Pick<RunRequest, 'place'>): PlaceOrder | undefined {
  if (place === undefined) return undefined
  const order = parsePlaceOrder(place)
  if (order) return order
  throw new AppError('argument-invalid', `'${place.slice(0, 80)}' names no places`, {
    hint: 'Write the name of one, or several with commas between them; local is this host',
  })
}

/**
 * Where a task runs that was asked to run nowhere: of what the repository or the settings say, what there is. One that comes after others waits
 * here, and is no matter of room at this moment.
 */
export async function usualOrder(
  { after, plan }: Pick<RunRequest, 'after' | 'plan'>,
  { places: own }: Pick<RegisteredRepository, 'places'>,
  { places, placeOrder = here }: { readonly places?: Places; readonly placeOrder?: readonly string[] },
): Promise<PlaceOrder> {
  const wished = own ?? placeOrder
  if (after || plan || !places || wished.every((name) => name === localPlace)) return here
  const known = new Set([localPlace, ...(await places.list()).map(({ name }) => name)])
  const [first = localPlace, ...others] = wished.filter((name) => known.has(name))
  return [first, ...others]
}

/** Looks at the places of an order, as far as one has to be chosen. @throws AppError('place-unknown') for one that is not there. */
export async function chooseRoom(
  order: PlaceOrder,
  {
    places,
    hasRoomHere,
    mayWaitHere,
  }: {
    readonly places: Pick<Places, 'find' | 'room'>
    readonly hasRoomHere: () => Promise<boolean>
    readonly mayWaitHere: boolean
  },
): Promise<string> {
  const rooms = new Map<string, Room>()
  for (const name of order)
    rooms.set(
      name,
      name === localPlace ? ((await hasRoomHere()) ? 'free' : 'full') : places.room(await places.find(name)),
    )
  return choosePlace(order, { roomOf: (name) => rooms.get(name) ?? 'away', mayWaitHere })
}

/** The order without a place, where another one is left in it. */
export function without(order: PlaceOrder, name: string): PlaceOrder | undefined {
  const [first, ...others] = order.filter((each) => each !== name)
  return first === undefined ? undefined : [first, ...others]
}
