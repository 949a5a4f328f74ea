import type { GitOptions } from '../process/git.ts'

/** A repository on the web, and what it is shown. */
export interface RemoteAccess {
  /** With http or https, and no user in it. */
  readonly url: string
  /** A whole value of the header `Authorization`. */
  readonly authorization: string
}

/** Variables by which a network has programs find their proxy and trust its certificates. */
const ofNetwork = [
  ...['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'],
  ...['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
]

/**
 * How git speaks to a remote with a credential of ours: it comes by the environment alone, is sent to no other address, and nobody is asked for another one.
 * The user's settings do not count, since they may lead elsewhere (`insteadOf`) or run something.
 */
export function overHttp(
  repoPath: string,
  { url, authorization }: RemoteAccess,
  env: NodeJS.ProcessEnv = process.env,
): GitOptions {
  const passed = ofNetwork.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))
  return {
    cwd: repoPath,
    trust: 'none',
    env: {
      ...Object.fromEntries(passed),
      GIT_ASKPASS: '',
      GIT_ALLOW_PROTOCOL: 'http:https',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `http.${url}.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
    },
    config: [
      'safe.directory=*',
      'credential.helper=',
      'http.followRedirects=false',
      'http.cookieFile=',
      'http.sslVerify=true',
      'push.gpgSign=false',
      'push.followTags=false',
      'push.recurseSubmodules=no',
    ],
    outputLimitBytes: 1_000_000,
  }
}
