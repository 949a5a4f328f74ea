import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = join(import.meta.dirname, '../..')
const isRoot = process.getuid?.() === 0

/** Covers programs by a file that cannot be run, in a mount namespace of this test, and runs what follows there. */
const hide = `
for name in $1; do
  IFS=:
  for folder in $PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin:/usr/libexec:/usr/lib:/usr/lib/qemu; do
    [ ! -f "$folder/$name" ] || mount --bind "$2/none" "$folder/$name"
  done
  IFS=' '
done
shift 2
exec "$@"
`

/** As who `doctor` is asked: root, of a namespace where need be, or a user, who also needs what a namespace is made with. */
const identities = {
  root: { unshare: isRoot ? [] : ['--map-root-user'], become: [] },
  user: isRoot
    ? {
        unshare: [],
        become: [
          ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
          // The checkout may lie where only root can read.
          ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'],
        ],
      }
    : { unshare: ['--map-current-user', '--keep-caps'], become: [] },
} as const

/** What `doctor` says on this host without these programs, and without an image, which it would take them to build. */
async function doctorWithout(programs: string, as: keyof typeof identities): Promise<string> {
  const folder = await temporaryFolder()
  await run('touch', [join(folder, 'none')])
  await chmod(join(folder, 'none'), 0o644)
  const { unshare, become } = identities[as]
  const doctor = [process.execPath, join(root, 'main/microvm-orchestrator.mjs'), 'doctor']
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    ANTHROPIC_API_KEY: 'k',
  }
  const args = ['--mount', ...unshare, 'bash', '-c', hide, 'bash', programs, folder, ...become, ...doctor]
  const { stdout, stderr } = await run('unshare', args, { env })
  return stdout + stderr
}

/** Everything that the demo runs on this host, and the line of `doctor` that names it. */
const needed = [
  ['git', /missing {3}git is missing/],
  [`qemu-system-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}`, /missing {3}QEMU is missing/],
  ['socat', /missing {3}socat is missing/],
  ['ip', /missing {3}ip is missing/],
  ['virtiofsd', /missing {3}virtiofsd 1\.13 or newer is missing/],
  ['passt', /missing {3}passt of 2024 or newer is missing/],
  ['npm', /missing {3}npm is missing/],
  ['mmdebstrap', /missing {3}mmdebstrap is missing/],
  ['mkfs.erofs', /missing {3}mkfs\.erofs is missing/],
  ['zstd', /missing {3}zstd is missing/],
  ['xz', /missing {3}xz is missing/],
  ['cpio', /missing {3}cpio is missing/],
  ['tar', /missing {3}tar is missing/],
  ['setpriv', /missing {3}setpriv is missing/],
] as const

test.each(needed)('without %s, doctor names it with its cure', async (program, line) => {
  const said = await doctorWithout(program, 'root')
  expect(said).toMatch(line)
  const lines = said.split('\n')
  const at = lines.findIndex((each) => line.test(each))
  expect(lines[at + 1]).toMatch(/^ {12}\S/)
})

test.each(['newuidmap', 'newgidmap'])('without %s, doctor names it to a user who is not root', async (program) => {
  expect(await doctorWithout(program, 'user')).toMatch(/missing {3}newuidmap is missing/)
})

test('doctor leaves out what root does not need', async () => {
  expect(await doctorWithout('newuidmap newgidmap', 'root')).not.toContain('newuidmap')
})

test('where the disk is too small for image and tasks, doctor names path and amount', async () => {
  const folder = await temporaryFolder()
  const small = 'mount -t tmpfs -o size=64m small "$1" && shift && exec "$@"'
  const doctor = [process.execPath, join(root, 'main/microvm-orchestrator.mjs'), 'doctor']
  const env = { PATH: process.env.PATH ?? '', HOME: folder, ANTHROPIC_API_KEY: 'k' }
  const args = ['--mount', ...identities.root.unshare, 'bash', '-c', small, 'bash', folder, ...doctor]
  const { stdout } = await run('unshare', args, { env })
  const amount = /missing {3}Only 0\.1 GiB are free on the disk of (\S+); (.*)/g
  expect([...stdout.matchAll(amount)].map((match) => [match[1], match[2]])).toEqual(
    expect.arrayContaining([
      [join(folder, '.cache/microvm-orchestrator'), 'building the guest image takes 4 GiB there'],
      [join(folder, '.microvm-orchestrator'), 'a new task needs 5 GiB'],
    ]),
  )
})
