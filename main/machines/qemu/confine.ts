import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import type { HelperUser } from '../helper-user.ts'

/**
 * Makes paths of the host reachable for a helper, and starts the helper as the helper user.
 * On a root host the paths may lie below folders that only root can enter (`/root`, a cache of mode 0700): each is
 * bind-mounted below `mountRoot`, in a mount namespace that the helper has alone and that ends with it.
 * Elsewhere helpers are the caller's own processes and see the paths as they are.
 */
export class Confinement {
  readonly #user: HelperUser
  readonly #mountRoot: string
  readonly #mounts: { source: string; target: string }[] = []
  #ownTun = false

  /** @param mountRoot an empty folder of the host, for this helper alone. */
  constructor(user: HelperUser, mountRoot: string) {
    this.#user = user
    this.#mountRoot = mountRoot
  }

  /** The path under which the helper finds this file or folder. */
  async expose(source: string): Promise<string> {
    if (this.#user.kind === 'caller') return source
    const known = this.#mounts.find((mount) => mount.source === source)
    if (known !== undefined) return known.target
    const target = join(this.#mountRoot, String(this.#mounts.length + 1))
    this.#mounts.push({ source, target }) // Before anything is awaited: the number is taken.
    await mkdir(this.#mountRoot, { recursive: true, mode: 0o711 })
    if ((await stat(source)).isDirectory()) await mkdir(target)
    else await writeFile(target, '', { flag: 'wx' })
    return target
  }

  /** Gives the helper a /dev/net/tun that it may open, where root alone may open the host's. It makes networks of its own only. */
  useOwnTun(): void {
    this.#ownTun = true
  }

  /** The command that starts the helper with no root, no capabilities and no way to gain them; its pid stays the helper's. */
  command(helper: Command): Command {
    return confinedCommand(this.#user, this.#mounts, helper, this.#ownTun)
  }
}

/** Guests and gateways have the key in their memory: none of it may be left on disk by a crash. */
const noCoreDump = '--core=0'

const mountScript = [
  'set -e',
  'while [ "$1" != -- ]; do mount --bind -- "$1" "$2"; shift 2; done',
  'shift',
  // Number 10, 200: Documentation/admin-guide/devices.txt of the kernel.
  'if [ "$1" = own-tun ]; then mount -t tmpfs -o size=4k,mode=755 none /dev/net; mknod -m 666 /dev/net/tun c 10 200; fi',
  'shift',
  'ulimit -n 1000000 2>/dev/null || ulimit -n "$(ulimit -H -n)"',
  // Of the helper user in all; every connection that a guest makes to a forward is one process.
  `exec prlimit --nproc=4096 ${noCoreDump} "$@"`,
].join('\n')

/** Pure. */
function confinedCommand(
  user: HelperUser,
  mounts: readonly { readonly source: string; readonly target: string }[],
  helper: Command,
  ownTun = false,
): Command {
  if (user.kind === 'caller') return ['prlimit', noCoreDump, 'setpriv', '--no-new-privs', ...helper]
  return [
    ...(['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mountScript, 'sh'] as const),
    ...mounts.flatMap(({ source, target }) => [source, target]),
    '--',
    ownTun ? 'own-tun' : 'host-tun',
    ...['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`],
    user.groups.length === 0 ? '--clear-groups' : `--groups=${user.groups.join(',')}`,
    ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'],
    ...helper,
  ]
}
