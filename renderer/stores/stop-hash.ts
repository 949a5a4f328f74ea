import { fromHash as placeFromHash, toHash as placeToHash } from '../../preload/place-hash.ts'
import type { Stop } from './navigation.ts'

const mostChoices = 16
const longestChoice = 4_096

/** What stands behind the `#` of the address: the place, and what is chosen there, so that a page that is loaded again stays where it was. */
export const toHash = ({ chosen, ...place }: Stop): string =>
  `${placeToHash(place)}${chosen ? `?${new URLSearchParams(chosen)}` : ''}`

export function fromHash(hash: string): Stop | undefined {
  const [path = '', words = ''] = hash.split('?', 2)
  const place = placeFromHash(path)
  const chosen = Object.fromEntries([...new URLSearchParams(words)].filter(isChoice).slice(0, mostChoices))
  return place && (Object.keys(chosen).length === 0 ? place : { ...place, chosen })
}

/** Of an address, which anyone can write. */
const isChoice = ([name, value]: readonly [string, string]): boolean =>
  /^[a-z]{1,16}$/.test(name) && value.length <= longestChoice
