import { AppError } from '../../core/failure.ts'
import {
  registryPath,
  type Secret,
  type SecretTool,
  secretHostText,
  secretRouteUrl,
  secretVariable,
} from '../../core/network/secret.ts'
import { cargoConfig } from './cargo-config.ts'
import { registriesConf } from './registries-conf.ts'

/**
 * How the programs of a guest find the routes of its secrets: each by a variable of its own, and the tools that each is for by theirs. No
 * variable holds a secret. Pure.
 * @throws AppError('argument-invalid') where one tool could have only one of two secrets.
 */
export function secretVariables(secrets: readonly Secret[], gatewayUrl: string): Readonly<Record<string, string>> {
  const npm = onlyOne('npm', secrets)
  const pip = onlyOne('pip', secrets)
  const git = eachAtOnePlace('git', secrets, secretHostText)
  const docker = eachAtOnePlace('docker', secrets, secretHostText)
  const cargo = eachAtOnePlace('cargo', secrets, (secret) => `${secretHostText(secret)}${registryPath(secret)}`)
  return {
    ...Object.fromEntries(secrets.map(({ name }) => [secretVariable(name), secretRouteUrl(name, gatewayUrl)])),
    ...(npm && npmVariables(npm, gatewayUrl)),
    ...(pip && pipVariables(pip, gatewayUrl)),
    ...(git.length > 0 && gitVariables(git, gatewayUrl)),
    ...(docker.length > 0 && { MICROVM_CONTAINER_REGISTRIES: registriesConf(docker, gatewayUrl) }),
    ...(cargo.length > 0 && { MICROVM_CARGO_CONFIG: cargoConfig(cargo, gatewayUrl) }),
  }
}

/**
 * npm leaves the path of its registry out when it asks for the file of a package, so its registry is the gateway's root. A lock file keeps
 * the addresses of the registry itself; npm asks the gateway for those of that host.
 */
const npmVariables = (secret: Secret, gatewayUrl: string): Record<string, string> => ({
  npm_config_registry: `${gatewayUrl}${registryPath(secret)}`,
  npm_config_replace_registry_host: secretHostText(secret),
  // The first asks by POST, and the second tells the user nothing.
  ...{ npm_config_audit: 'false', npm_config_update_notifier: 'false' },
})

const pipVariables = (secret: Secret, gatewayUrl: string): Record<string, string> => ({
  PIP_INDEX_URL: `${secretRouteUrl(secret.name, gatewayUrl)}${registryPath(secret, '/simple/')}`,
  PIP_TRUSTED_HOST: new URL(gatewayUrl).host,
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
})

/** Addresses for ssh too, since a guest has no key for it. The last variable makes Cargo fetch by git. */
function gitVariables(secrets: readonly Secret[], gatewayUrl: string): Record<string, string> {
  const lines = secrets.flatMap((secret) => {
    const host = secretHostText(secret)
    const ssh = secret.port === 443 ? [`ssh://git@${host}/`, `git@${host}:`] : []
    return [`https://${host}/`, ...ssh].map(
      (url) => [`url.${secretRouteUrl(secret.name, gatewayUrl)}/.insteadOf`, url] as const,
    )
  })
  return {
    GIT_CONFIG_COUNT: String(lines.length),
    ...Object.fromEntries(
      lines.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...{ GIT_TERMINAL_PROMPT: '0', CARGO_NET_GIT_FETCH_WITH_CLI: 'true' },
  }
}

/** Those for a tool that parts several by where they are. */
function eachAtOnePlace(tool: SecretTool, secrets: readonly Secret[], placeOf: (secret: Secret) => string) {
  const own = secrets.filter(({ tools }) => tools.includes(tool))
  for (const one of own)
    onlyOne(
      tool,
      own.filter((each) => placeOf(each) === placeOf(one)),
    )
  return own
}

function onlyOne(tool: SecretTool, secrets: readonly Secret[]): Secret | undefined {
  const [first, second] = secrets.filter(({ tools }) => tools.includes(tool))
  if (!first || !second) return first
  throw new AppError(
    'argument-invalid',
    `${tool} can use only one of the secrets ${first.name} and ${second.name} in this repository`,
    { hint: 'Add one of them again with --for none or for other repositories: microvm-orchestrator secrets list' },
  )
}
