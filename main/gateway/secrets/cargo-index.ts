import { type GatewaySecret, registryPath } from '../../core/network/secret.ts'
import { type Route, routedTemplate } from './routed-link.ts'

export const isCargoConfig = ({ tools, path }: GatewaySecret, target: string): boolean =>
  tools.includes('cargo') && target === `${registryPath({ path })}config.json`

/**
 * The configuration of a registry as a guest is given it: its host is the route, and no token is asked for, since the gateway has it.
 * Downloads of another host stay there, and are asked for without the secret. Pure.
 * @throws where it is none.
 */
export function routedCargoConfig(text: string, route: Route): string {
  const { 'auth-required': _, dl, api, ...rest } = parsed(text)
  return JSON.stringify({
    ...rest,
    dl: routedTemplate(dl, route),
    ...(api != null && { api: routedTemplate(api, route) }),
  })
}

interface CargoConfig {
  readonly 'auth-required'?: unknown
  readonly dl: string
  readonly api?: string | null
}

/** https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration By hand: a gateway can read no package. */
function parsed(text: string): CargoConfig {
  const config: unknown = JSON.parse(text)
  if (typeof config === 'object' && config !== null && 'dl' in config && typeof config.dl === 'string') {
    const { dl, ...others } = config
    const api = 'api' in others ? others.api : null
    if (api === null || typeof api === 'string') return { ...others, dl, api }
  }
  throw new Error('The configuration of the registry is none')
}
