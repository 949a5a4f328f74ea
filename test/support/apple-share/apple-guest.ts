import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageDirectory } from '../../../main/lib/files/paths.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../temporary.ts'

/** It takes namespaces, in which user 1000 is another one than root, /dev/fuse and the package python3-fusepy. */
async function canServe(): Promise<boolean> {
  const root = process.getuid?.() === 0
  const user = root ? [] : ['--user', '--map-root-user', '--map-auto']
  const look = `/usr/bin/python3 -c 'import fusepy; open("/dev/fuse")' && setpriv --reuid 1000 --clear-groups true`
  return (await run('unshare', [...user, '--mount', '--pid', '--fork', '--mount-proc', 'bash', '-c', look])).ok
}

export interface AppleGuest {
  /** Bash in place of Claude Code, as the guest's user. */
  readonly claude: string
  /** For how long the guest believes what one of its users was shown of a file. */
  readonly attributeSeconds?: number
}

/**
 * A script for `startOrchestrator`: the real task runner as root of a guest whose folders are shown as Apple's virtiofs shows them, where
 * every file belongs to whoever looks. Undefined, with a line that says so, on a host that cannot.
 */
export async function appleGuest({ claude, attributeSeconds = 0 }: AppleGuest): Promise<string | undefined> {
  if (!(await canServe())) {
    process.stderr.write(
      'NOT TESTED: a share as a Mac shows it takes namespaces, and: apt-get install fuse3 python3-fusepy\n',
    )
    return undefined
  }
  const programs = join(await temporaryFolder(), 'programs')
  await mkdir(programs)
  const program = (name: string, body: string) =>
    writeFile(join(programs, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 })
  await program('claude', claude)
  await program('nix', 'while [ "$1" != --command ]; do shift; done\nshift\nexec "$@"')
  const paths = [join(import.meta.dirname, 'guest.sh'), programs, join(packageDirectory(), 'nix', 'task-runner.sh')]
  return `exec bash ${paths.map((path) => `'${path}'`).join(' ')} ${attributeSeconds}`
}
