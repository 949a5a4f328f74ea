import { z } from 'zod'
import { type GatewaySecret, registryPath } from '../../core/network/secret.ts'
import { type Route, routedTemplate } from './routed-link.ts'

/** https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration */
const configSchema = z.looseObject({ dl: z.string(), api: z.string().nullish() })

export const isCargoConfig = ({ tools, path }: GatewaySecret, target: string): boolean =>
  tools.includes('cargo') && target === `${registryPath({ path })}config.json`

/**
 * The configuration of a registry as a guest is given it: its host is the route, and no token is asked for, since the gateway has it.
 * Downloads of another host stay there, and are asked for without the secret. Pure.
 * @throws where it is none.
 */
export function routedCargoConfig(text: string, route: Route): string {
  const { 'auth-required': _, dl, api, ...rest } = configSchema.parse(JSON.parse(text))
  return JSON.stringify({
    ...rest,
    dl: routedTemplate(dl, route),
    ...(api != null && { api: routedTemplate(api, route) }),
  })
}
