import type { IncomingMessage } from 'node:http'
import type { NetworkReason } from '../../core/network/gateway.ts'
import { type GatewaySecret, imagesRoute, secretMethods } from '../../core/network/secret.ts'
import { asksToken, isOfImages } from './token-paths.ts'

export type SecretRoute =
  /** A request for something else. */
  | { readonly kind: 'none' }
  /** Whether here is a registry of images: the one question that is about no image, and so about none of several registries. */
  | { readonly kind: 'is-registry' }
  | { readonly kind: 'refused'; readonly reason: NetworkReason; readonly secret?: GatewaySecret }
  /** `target` is path and query on the secret's own host. */
  | { readonly kind: 'found'; readonly secret: GatewaySecret; readonly method: string; readonly target: string }

/** A path in its plain form: nothing in it has to be resolved, shortened, or decoded to a control character first. */
const plainPath = /^\/(?:(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+(?:\/|$))*$/
const encoded = /%(?:2[0-9a-f]|[3-6][0-9a-f]|7[0-9a-e]|[89a-f][0-9a-f])/gi
const plainQuery = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?[\]-]|%[0-9a-f]{2})*$/i

/**
 * How git asks for objects: the only POST that reads. The path alone does not tell, since a file that an API is to make may have that name;
 * what takes this type of content is git.
 */
const gitReads = /^\/[A-Za-z0-9._~/-]+\/git-upload-pack$/
const gitReadType = 'application/x-git-upload-pack-request'

/**
 * Whose route a request with a path asks for, and whether it may. The registry of npm is at the root, since npm leaves the path of its
 * registry out when it asks for a package's file; what the API could be asked there stays the API's. Pure.
 */
export function secretRoute(
  secrets: readonly GatewaySecret[],
  { method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  hasApi: boolean,
): SecretRoute {
  const contentType = headers['content-type']
  if (secrets.length === 0) return { kind: 'none' }
  const registries = secrets.filter(({ tools }) => tools.includes('docker'))
  if (registries.length > 0 && /^\/v2\/?$/.test(url) && (method === 'GET' || method === 'HEAD'))
    return { kind: 'is-registry' }
  for (const registry of registries) {
    const images = `/v2/${imagesRoute(registry.name)}/`
    if (url.startsWith(images)) return requested(registry, { method, contentType }, `/v2/${url.slice(images.length)}`)
  }
  const [, name, below] = /^\/secrets\/([^/?]*)(.*)$/s.exec(url) ?? []
  if (name === undefined) {
    const root = secrets.find(({ tools }) => tools.includes('npm'))
    return root && !(hasApi && /^\/v1(\/|\?|$)/i.test(url))
      ? requested(root, { method, contentType }, url)
      : { kind: 'none' }
  }
  const secret = secrets.find((each) => each.name === name)
  return secret
    ? requested(secret, { method, contentType }, below?.startsWith('/') ? below : `/${below}`)
    : { kind: 'refused', reason: 'secret-unknown' }
}

function requested(
  secret: GatewaySecret,
  { method, contentType }: { readonly method: string | undefined; readonly contentType: string | undefined },
  target: string,
): SecretRoute {
  const at = target.indexOf('?')
  const [path, query] = at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
  // Dots, slashes and backslashes are looked at as what they are once decoded, by a server that decodes first.
  const looked = path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(encoded, 'x')
  if (/%5c/i.test(path) || !plainPath.test(looked) || !plainQuery.test(query))
    return { kind: 'refused', reason: 'path-refused', secret }
  const isForImagesAlone = secret.tools.length === 1 && secret.tools[0] === 'docker'
  // A token would be good for more than the methods that the user named, and with other hosts, too.
  if ((isForImagesAlone && !isOfImages(path)) || asksToken(method ?? '', target))
    return { kind: 'refused', reason: 'path-refused', secret }
  const isGitRead =
    secret.tools.includes('git') &&
    method === 'POST' &&
    query === '' &&
    gitReads.test(path) &&
    contentType === gitReadType
  const known = secretMethods.find((each) => each === method)
  return known && (isGitRead || secret.methods.includes(known))
    ? { kind: 'found', secret, method: known, target }
    : { kind: 'refused', reason: 'method-refused', secret }
}
