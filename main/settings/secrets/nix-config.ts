import { registryPath, type Secret, secretRouteUrl } from '../../core/network/secret.ts'

/**
 * Settings of nix in a guest: caches at their routes, beside those that it has or, without a network, in their place
 * (https://nix.dev/manual/nix/latest/command-ref/conf-file). Undefined where nothing is to be set. Pure.
 */
export function nixConfig(
  secrets: readonly Secret[],
  gatewayUrl: string,
  network: 'open' | 'listed' | 'none',
): string | undefined {
  const caches = secrets.filter(({ tools }) => tools.includes('nix'))
  // A guest with no way of its own tells nix that it has no network; with a list it has what the list says.
  if (caches.length === 0) return network === 'listed' ? '' : undefined
  const urls = caches.map((secret) => `${secretRouteUrl(secret.name, gatewayUrl)}${registryPath(secret).slice(0, -1)}`)
  const keys = caches.flatMap(({ publicKey }) => publicKey ?? [])
  return [
    ...(network === 'none' ? ['flake-registry =', 'connect-timeout = 5'] : []),
    `${network === 'none' ? '' : 'extra-'}substituters = ${urls.join(' ')}`,
    ...(keys.length > 0 ? [`extra-trusted-public-keys = ${keys.join(' ')}`] : []),
  ].join('\n')
}
