import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, messageOf } from '../core/failure.ts'
import { localPlace } from '../core/task/place-order.ts'
import {
  asksOf,
  deviceResourcePattern,
  hostOf,
  imagePattern,
  jobOptions,
  type KubernetesPlace,
  kubeContextPattern,
  kubeNamePattern,
  type NewPlace,
  type Place,
  placeNamePattern,
  placePathPattern,
  type SshHost,
  sshHostPattern,
} from '../core/task/task-place.ts'
import { writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { lockFile } from '../lib/files/file-lock.ts'
import { unusable } from '../lib/files/private-folder.ts'
import { placeSchema, sshOptionPattern } from './place-schema.ts'

const fileSchema = z.object({
  /** Names this home at its places, where others may have tasks too. */
  home: z.string().regex(/^[0-9a-f]{16}$/),
  places: z.array(placeSchema).max(1_000),
})
type PlacesFile = z.infer<typeof fileSchema>

/** Of the file that lists them. */
export const placesPath = (home: string): string => join(home, 'places.json')

/** In the order in which they were added. @throws AppError('home-unusable') for a file that cannot be understood. */
export async function listPlaces(home: string): Promise<readonly Place[]> {
  return (await read(home))?.places ?? []
}

/** @throws AppError('place-unknown' | 'home-unusable') */
export async function findPlace(home: string, name: string): Promise<Place & { readonly homeKey: string }> {
  const file = await read(home)
  const place = file?.places.find((each) => each.name === name)
  if (file && place) return { ...place, homeKey: file.home }
  throw unknown(name)
}

/** Says what cannot be part of a place before anything is asked of it. @throws AppError('argument-invalid') */
export function checkPlace(place: NewPlace): void {
  if (!placeNamePattern.test(place.name)) throw wrongPlace('A name is small letters, digits and -, 31 at most')
  if (place.name === localPlace) throw wrongPlace(`'${localPlace}' is this host, among places`)
  if (place.kind === 'kubernetes') return void checkCluster(place)
  const host = hostOf(place)
  if (host) checkHost(host)
  const patterns: Readonly<Record<string, RegExp>> = place.kind === 'ssh' ? {} : jobOptions[place.kind]
  for (const [option, value] of Object.entries(asksOf(place)))
    if (!patterns[option]?.test(value)) throw wrongPlace(`'${value.slice(0, 80)}' can be no ${option} of ${place.kind}`)
}

function checkCluster({ context, namespace, image, devices, store }: Omit<KubernetesPlace, 'command'>): void {
  const claims = store.kind === 'claim' ? [store.claim] : []
  const folders = store.kind === 'host-path' ? [store.path] : []
  for (const [what, values, pattern] of [
    ['context', [context], kubeContextPattern],
    ['namespace', [namespace], kubeNamePattern],
    ['image', [image], imagePattern],
    ['resource of a device', devices, deviceResourcePattern],
    ['claim of a volume', claims, kubeNamePattern],
    ['folder of a node', folders, placePathPattern],
  ] as const) {
    const bad = values.find((value) => !pattern.test(value))
    if (bad !== undefined) throw wrongPlace(`'${bad.slice(0, 80)}' can be no ${what} of Kubernetes`)
  }
}

function checkHost({ host, options }: SshHost): void {
  if (!sshHostPattern.test(host)) throw wrongPlace(`'${host.slice(0, 80)}' is no HOST or USER@HOST`)
  const bad = options.find((option) => !sshOptionPattern.test(option))
  if (bad !== undefined) throw wrongPlace(`'${bad.slice(0, 80)}' is no option of ssh as NAME=VALUE`)
}

/** Keeps a place, instead of one that has its name. @throws AppError('argument-invalid' | 'home-unusable') */
export async function addPlace(home: string, place: Place): Promise<void> {
  checkPlace(place)
  const { name } = place
  const parsed = placeSchema.safeParse(place)
  if (!parsed.success) throw wrongPlace(`The paths at the place hold other signs than letters, digits and ._/+-`)
  await change(home, (places) => [...places.filter((each) => each.name !== name), parsed.data])
}

/** @throws AppError('place-unknown' | 'home-unusable') */
export async function removePlace(home: string, name: string): Promise<void> {
  await change(home, (places) => {
    const others = places.filter((each) => each.name !== name)
    if (others.length === places.length) throw unknown(name)
    return others
  })
}

async function change(home: string, act: (places: PlacesFile['places']) => PlacesFile['places']): Promise<void> {
  await using lock = await lockFile(placesPath(home))
  const file = (await read(home)) ?? { home: randomBytes(8).toString('hex'), places: [] }
  const places = act(file.places)
  lock.assertHeld()
  try {
    await writeJsonAtomically(placesPath(home), { ...file, places })
  } catch (error) {
    throw unusable(placesPath(home), error)
  }
}

async function read(home: string): Promise<PlacesFile | undefined> {
  const path = placesPath(home)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(path, error)
  }
  try {
    return fileSchema.parse(JSON.parse(text))
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : []
    const reason = issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : messageOf(cause)
    throw new AppError('home-unusable', `${path} is damaged: ${reason.replaceAll('\n', ' ')}`, {
      hint: 'Correct it, or move it away and add the places again',
      cause,
    })
  }
}

const unknown = (name: string): AppError =>
  new AppError('place-unknown', `There is no place '${name.slice(0, 40)}'`, {
    hint: 'microvm-orchestrator places list shows all',
  })

/** What a user said of a place cannot be. */
export const wrongPlace = (message: string): AppError =>
  new AppError('argument-invalid', message, { hint: 'See: microvm-orchestrator places add --help' })
