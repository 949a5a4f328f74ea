import { imagesRoute, type Secret, secretHostText } from '../../core/network/secret.ts'

/**
 * Settings of podman and what is built of its libraries: where images of each registry are, which keep their names
 * (https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md). `insecure` lets it speak HTTP. Pure.
 */
export function registriesConf(secrets: readonly Secret[], gatewayUrl: string): string {
  const { host } = new URL(gatewayUrl)
  const places = secrets.map((secret) => ({ prefix: nameOf(secret), location: `${host}/${imagesRoute(secret.name)}` }))
  // The last is for who names a route itself, as a push has to.
  return [...places, { prefix: host, location: host }]
    .map(({ prefix, location }) => `[[registry]]\nprefix = "${prefix}"\nlocation = "${location}"\ninsecure = true\n`)
    .join('\n')
}

/** In the names of images Docker Hub is not called by its host. */
function nameOf(secret: Secret): string {
  const host = secretHostText(secret)
  return host === 'registry-1.docker.io' ? 'docker.io' : host
}
