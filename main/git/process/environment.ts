/**
 * Whose configuration a git process obeys. `user`: the user's own repository and the user's own settings, as in a terminal.
 * `none`: nothing but the repository that it is pointed at, for every folder that is ours or that a guest may have written.
 */
export type Trust = 'user' | 'none'

/** What programs need to find their files; every `GIT_*` variable of ours could redirect git and stays out. */
const inherited = ['PATH', 'TMPDIR', 'SystemRoot'] as const
const inheritedOfUser = ['HOME', 'USER', 'LOGNAME', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK'] as const

/** The whole environment of a git process: English, asking no one, taking no lock that it can do without. */
export function gitEnvironment(trust: Trust, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = trust === 'user' ? [...inherited, ...inheritedOfUser] : inherited
  const result: Record<string, string> = {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
  }
  for (const name of kept) {
    const value = env[name]
    if (value !== undefined) result[name] = value
  }
  if (trust === 'user') return result
  return {
    ...result,
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_LAZY_FETCH: '1',
  }
}

/** Settings of every call: nothing of a repository is executed, nothing runs on after the call, submodules are ours to handle. */
export const settings: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'log.showSignature=false',
  'core.alternateRefsCommand=true',
  'advice.detachedHead=false',
]
