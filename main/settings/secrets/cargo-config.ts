import { registryPath, type Secret, secretHostText, secretRouteUrl } from '../../core/network/secret.ts'

/**
 * Cargo's configuration in a guest: each registry is replaced as a source by its route, so that Cargo.lock and Cargo.toml keep the registry
 * itself (https://doc.rust-lang.org/cargo/reference/source-replacement.html). Pure.
 */
export const cargoConfig = (secrets: readonly Secret[], gatewayUrl: string): string =>
  secrets.map((secret) => source(secret, gatewayUrl)).join('\n')

function source(secret: Secret, gatewayUrl: string): string {
  const path = registryPath(secret)
  return `[source.secret-${secret.name}]
registry = "sparse+https://${secretHostText(secret)}${path}"
replace-with = "route-${secret.name}"

[source.route-${secret.name}]
registry = "sparse+${secretRouteUrl(secret.name, gatewayUrl)}${path}"
`
}
