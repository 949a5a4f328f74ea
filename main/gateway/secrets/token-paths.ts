import { percentDecoded } from './percent-decoded.ts'

/** One repository of a registry of images, by the grammar of its names (https://github.com/opencontainers/distribution-spec). */
const ofRepository = /^\/v2\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)\/(?:manifests|blobs|tags|referrers)\//

/** Of which repository of images this path is; undefined for every other path. Pure. */
export const repositoryIn = (path: string): string | undefined => ofRepository.exec(path)?.[1]

/** Of all repositories of a registry of images. */
export const catalogPath = '/v2/_catalog'

/** Whether a registry of images is asked here for images, or whether it is one. Pure. */
export const isOfImages = (path: string): boolean =>
  path === '/v2/' || path === catalogPath || repositoryIn(path) !== undefined

/**
 * Where registries and git hosts give tokens to whoever shows an account: GitLab (`/jwt/auth`), Quay (`/v2/auth`), Gitea, Nexus and Artifactory (`/v2/token`), Harbor
 * (`/service/token`), Azure (`/oauth2/token`, `/oauth2/exchange`). Below any path, as a host may have them.
 */
const usualPath = /\/(?:jwt\/auth|v2\/auth|v2\/token|service\/token|oauth2?\/(?:token|exchange))$/
/** Distribution, Docker Hub and ghcr.io have it (`/token`), and a package may be called so: what is asked for tells. */
const perhapsPath = /\/token$/
const asksForToken = /(?:^|[&;])(?:service|scope|grant_type)=/i

/** Whether a server may take this for the wish for a token: at one of the usual paths, or at a realm that it named. Pure. */
export function asksToken(method: string, target: string, realms: Iterable<string> = []): boolean {
  const [path = '', ...query] = target.split('?')
  const asked = plain(path)
  if (Iterator.from(realms).some((realm) => plain(realm) === asked)) return true
  // What reads as images is images, whatever they are called.
  if (repositoryIn(path) !== undefined) return false
  return (
    usualPath.test(asked) ||
    (perhapsPath.test(asked) && (method === 'POST' || asksForToken.test(percentDecoded(query.join('?')))))
  )
}

/** As the most lenient server reads it: decoded, in small letters, without parameters of segments, a slash at its end, or the ending of a format. */
function plain(path: string): string {
  return percentDecoded(path)
    .toLowerCase()
    .replace(/;[^/]*/g, '')
    .replace(/\/+$/, '')
    .replace(/\.[a-z]+$/, '')
}
