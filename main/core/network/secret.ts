import { canonicalHost, publicApiHost } from './host-rule.ts'

/** Programs of a guest that find a registry or a host by a variable, so that they can be pointed at a route. */
export const secretTools = ['npm', 'pip', 'git', 'cargo', 'docker', 'nix'] as const
export type SecretTool = (typeof secretTools)[number]

/** TRACE would have the server show what it was sent, CONNECT would leave the gateway; neither is ever listed. */
export const secretMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type SecretMethod = (typeof secretMethods)[number]

/** How a request shows the secret. */
export type SecretForm =
  | { readonly kind: 'bearer' }
  | { readonly kind: 'basic'; readonly user: string }
  /** `prefix` comes right before the secret. */
  | { readonly kind: 'header'; readonly name: string; readonly prefix: string }

/** All of a secret but its value: what may be shown. */
export interface Secret {
  readonly name: string
  /** As `canonicalHost` gives it. */
  readonly host: string
  readonly port: number
  readonly form: SecretForm
  readonly methods: readonly SecretMethod[]
  /** Real paths of the repositories whose tasks may use it; null for all that are registered. */
  readonly repositories: readonly string[] | null
  readonly tools: readonly SecretTool[]
  /** Where on the host npm, pip or cargo finds its registry, and nix its cache; null for the usual place. */
  readonly path: string | null
  /** Another host that gives tokens for a registry of images, as `HOST` or `HOST:PORT`; null for the usual one. */
  readonly tokenHost: string | null
  /** By which a cache of nix signs what it has, as `NAME:KEY`; null where the flakes that use it say so themselves. */
  readonly publicKey: string | null
}

/** A secret as a machine's gateway has it. */
export interface GatewaySecret {
  readonly name: string
  /** Where its requests go, and nowhere else: scheme, host and port. */
  readonly origin: string
  readonly header: { readonly name: string; readonly value: string }
  readonly methods: readonly SecretMethod[]
  readonly tools: readonly SecretTool[]
  /** Where on the host a registry is; null for the usual place. */
  readonly path: string | null
  /**
   * Where the secret is exchanged for a token that a registry of images takes in its place: scheme, host and port. None for a secret that is
   * always sent itself.
   */
  readonly tokenOrigins: readonly string[]
  /** What no answer may bring into the guest: the secret in each form in which a server could repeat it. */
  readonly hidden: readonly string[]
}

/** On the gateway of a machine: below it every secret has its route, by its name. */
const secretRoutesPath = '/secrets/'

/** Below it is what is on the host of the secret, path by path. */
export const secretRouteUrl = (name: string, gatewayUrl: string): string => `${gatewayUrl}${secretRoutesPath}${name}`

export const secretNamePattern = /^[A-Z][A-Z0-9_]{0,39}$/

/** Visible ASCII and spaces between, which every header takes; short ones would be found all over honest answers. */
export const secretValuePattern = /^(?=.{8,4096}$)[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/

/** As `nix key convert-secret-to-public` prints it. */
export const publicKeyPattern = /^[A-Za-z0-9._-]{1,100}:[A-Za-z0-9+/]{43}=$/

/** The path of a registry, in its plain form and from the root. */
export const secretPathPattern = /^(\/[A-Za-z0-9_~@+-][A-Za-z0-9._~@+-]*)*\/?$/

/**
 * The first name of each image of a registry, at the gateway: https://github.com/opencontainers/distribution-spec has names in small letters, digits and single
 * signs, and has them right behind `/v2/`.
 */
export const imagesRoute = (name: string): string => `secrets/${name.toLowerCase().replaceAll('_', '-')}-images`

const usualTokenHosts: Readonly<Record<string, string>> = {
  'registry-1.docker.io': 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
}

/** Hosts that may give tokens for a registry of images, its own first; none where the secret is sent to the registry itself. */
export function tokenHostsOf(secret: Secret): readonly string[] {
  if (!secret.tools.includes('docker') || secret.form.kind !== 'basic') return []
  const other = secret.tokenHost ?? usualTokenHosts[secretHostText(secret)]
  return [secretHostText(secret), ...(other === undefined ? [] : [other])]
}

/** Where a registry is, as the beginning of paths below it; `usual` where the secret does not say. */
export function registryPath({ path }: Pick<Secret, 'path'>, usual = '/'): string {
  const known = path ?? usual
  return known.endsWith('/') ? known : `${known}/`
}

/** What a request is made of, which the gateway writes itself. */
const ownHeaders = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'te', 'trailer', 'upgrade', 'expect'],
  ...['content-type', 'content-encoding', 'accept', 'accept-encoding', 'range', 'proxy-authorization'],
])

/** `NAME: prefix` as a user writes it; a text that says why it is none. A prefix that ends in a word is parted from the secret. */
export function parseSecretHeader(text: string): Extract<SecretForm, { kind: 'header' }> | string {
  const parts = /^([A-Za-z0-9][A-Za-z0-9-]{0,63}):[ ]*([\x21-\x7e][\x20-\x7e]{0,23})?$/.exec(text)
  const [, name = '', prefix = ''] = parts ?? []
  // Not quoted: it may hold the secret.
  if (!parts) return 'That is no header: write PRIVATE-TOKEN: or "Authorization: token", without the secret'
  if (ownHeaders.has(name.toLowerCase())) return `The header ${name} cannot carry a secret`
  return { kind: 'header', name, prefix: /\w$/.test(prefix) ? `${prefix} ` : prefix }
}

/** `HOST` or `HOST:PORT`; a text that says why it is none. Without a port it is that of https. */
export function parseSecretHost(text: string): Pick<Secret, 'host' | 'port'> | string {
  const [, name = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = canonicalHost(name)
  const port = digits === undefined ? 443 : Number(digits)
  if (host === undefined || port < 1 || port > 65_535)
    return `${JSON.stringify(text.slice(0, 80))} is no host: write registry.npmjs.org, perhaps with :PORT, without https://`
  if (host === publicApiHost) return `The key for ${publicApiHost} is no secret of this kind: see setup-token`
  return { host, port }
}

/** What a host is known for, where the user does not say. */
export function usualTools(host: string): readonly SecretTool[] {
  if (host === 'registry.npmjs.org') return ['npm']
  if (host === 'pypi.org') return ['pip']
  if (['registry-1.docker.io', 'registry.gitlab.com', 'ghcr.io', 'quay.io'].includes(host)) return ['docker']
  return ['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org'].includes(host) ? ['git'] : []
}

/** How a secret is shown where the user does not say: Cargo sends a token as it is, with whatever word stands before it. */
export const usualForm = (tools: readonly SecretTool[]): SecretForm =>
  tools.includes('cargo') ? { kind: 'header', name: 'Authorization', prefix: '' } : { kind: 'bearer' }

export function secretFormText(form: SecretForm): string {
  if (form.kind === 'bearer') return 'Authorization: Bearer'
  return form.kind === 'basic' ? `Authorization: Basic, as ${form.user}` : `${form.name}: ${form.prefix}`.trimEnd()
}

/** `HOST`, or `HOST:PORT` where that is not the port of https. */
export function secretHostText({ host, port }: Pick<Secret, 'host' | 'port'>): string {
  const written = host.includes(':') ? `[${host}]` : host
  return port === 443 ? written : `${written}:${port}`
}

/** The variable by which programs of a guest find the route. */
export const secretVariable = (name: string): string => `SECRET_${name}_URL`
