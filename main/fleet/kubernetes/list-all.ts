import { z } from 'zod'
import { parsedJson } from '../../lib/parsed-json.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { asUnreachable, type Cluster, KubeRefusal, kubectl } from './kubectl.ts'

/** So many items come at once: a pod takes some kilobytes. */
const pageItems = 500
/** More are none of ours. */
const mostPages = 200
/** How often a list is begun anew that changed too much while it was read. */
const mostStarts = 3

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(z.unknown()).nullish(),
})

/**
 * All of a list, page by page. @param path below the API server's root, with its query.
 * @throws AppError('place-unreachable')
 */
export async function listAll(place: Cluster, path: string, signal: AbortSignal): Promise<readonly unknown[]> {
  for (let start = 1; ; start += 1) {
    try {
      return await listOnce(place, path, signal)
    } catch (error) {
      // The cluster keeps a list for minutes only, and says so by 410 Gone.
      const isOld = error instanceof KubeRefusal && error.reason === 'Expired'
      if (!isOld || start === mostStarts) throw asUnreachable(place, error)
    }
  }
}

async function listOnce(place: Cluster, path: string, signal: AbortSignal): Promise<readonly unknown[]> {
  const all: unknown[] = []
  let next = ''
  for (let page = 0; page < mostPages; page += 1) {
    const query = `&limit=${pageItems}${next && `&continue=${encodeURIComponent(next)}`}`
    const printed = await kubectl(place, ['get', `--raw=${path}${query}`], { signal })
    const { success, data } = pageSchema.safeParse(parsedJson(printed))
    if (!success) throw unreachablePlace(place, 'what it answers is no list')
    all.push(...(data.items ?? []))
    next = data.metadata?.continue ?? ''
    if (next === '') break
  }
  return all
}
