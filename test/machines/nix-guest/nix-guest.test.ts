import { access, cp, readFile, readlink, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../../main/lib/files/paths.ts'
import { ensureGuestImage, findGuestImage } from '../../../main/machines/guest-image.ts'
import { nixGuest } from '../../../main/machines/nix-guest/nix-guest.ts'
import { fakeNix, fakeStore } from '../../support/machines/fake-nix.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const flakeFolder = join(packageDirectory(), 'nix')

/** What nix wrote when it built a system, shortened. */
const building = `warning: Git tree '/x' is dirty
these 2 derivations will be built:
  /nix/store/1vkffc2dqxpd0r3h3qwhg0wnrz4ywqv6-nixos-system-microvm-26.05.drv
  /nix/store/9zmmhwq7w5f0fqf2d3i0zdgm0k8p8n2c-microvm-store-disk.erofs.drv
these 3 paths will be fetched (12.35 MiB download, 60.97 MiB unpacked):
  /nix/store/4i6z1mkrlqx0m7vq2v0qfd6xw1q1wd7c-linux-6.18.3
copying path '/nix/store/4i6z1mkrlqx0m7vq2v0qfd6xw1q1wd7c-linux-6.18.3' from 'https://cache.nixos.org'...
building '/nix/store/1vkffc2dqxpd0r3h3qwhg0wnrz4ywqv6-nixos-system-microvm-26.05.drv' on 'ssh-ng://builder@linux-builder'...
`

async function setUp(of: { readonly says?: string; readonly status?: number } = {}) {
  const folder = await temporaryFolder()
  const manifest = await fakeStore(folder)
  const nix = await fakeNix(folder, { says: building, ...of, manifest: JSON.stringify(manifest) })
  const source = nixGuest({ folder: flakeFolder, findNix: async () => nix })
  const lines: string[] = []
  const options = { cacheDirectory: join(folder, 'cache'), onProgress: (line: string) => void lines.push(line) }
  const ensure = () => ensureGuestImage(options, AbortSignal.timeout(60_000), source)
  const calls = async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)
  return { folder, manifest, source, ensure, calls, lines, cacheDirectory: options.cacheDirectory }
}

test('the guest is built once, out of a copy of the flake, with a link that keeps it from being collected', async () => {
  const { manifest, source, ensure, calls, lines, cacheDirectory } = await setUp()
  expect(await findGuestImage(cacheDirectory, source)).toBeUndefined()
  const image = await ensure()
  expect(image).toEqual({
    directory: join(cacheDirectory, 'images', await source.key()),
    key: await source.key(),
    kernel: manifest.kernel,
    initrd: manifest.initrd,
    root: manifest.storeDisk,
    kernelParameters: manifest.kernelParams,
    claudeVersion: '2.1.330',
    tools: manifest.tools,
    kernelVersion: '6.12.60',
    rosettaTag: 'rosetta',
  })
  expect(await ensure()).toEqual(image)
  expect(await calls()).toEqual([
    `${image.directory}/flake build path:.#packages.aarch64-darwin.manifest --out-link ${image.directory}/manifest --no-write-lock-file --extra-experimental-features nix-command flakes --print-build-logs --log-format raw`,
  ])
  for (const name of [
    'flake.nix',
    'flake.lock',
    'guest.nix',
    'task-runner.sh',
    'last-act.sh',
    'become-claude.sh',
    'dev-container.sh',
    'compose.sh',
    'inbox.sh',
    'ahead.sh',
    'attach.pl',
    'flake-files.pl',
    'debian/pins.json',
  ]) {
    expect(await readFile(join(image.directory, 'flake', name))).toEqual(await readFile(join(flakeFolder, name)))
  }
  await readlink(join(image.directory, 'manifest'))
  expect(lines.join('\n')).toMatch(/Guest image: reading the flake \(0 s\)/)
})

test('another lock file is another guest', async () => {
  const folder = join(await temporaryFolder(), 'nix')
  await cp(flakeFolder, folder, { recursive: true })
  const before = await nixGuest({ folder }).key()
  expect(before).toMatch(/^[0-9a-f]{20}$/)
  expect(await nixGuest({ folder: flakeFolder }).key()).toBe(before)
  expect(await nixGuest({ folder, system: 'x86_64-linux' }).key()).not.toBe(before)
  await writeFile(join(folder, 'flake.lock'), `${await readFile(join(folder, 'flake.lock'), 'utf8')} `)
  expect(await nixGuest({ folder }).key()).not.toBe(before)
})

test('a guest whose store paths were deleted is built again, and says so', async () => {
  const { folder, manifest, source, ensure, calls, lines, cacheDirectory } = await setUp()
  await ensure()
  await unlink(manifest.initrd)
  expect(await findGuestImage(cacheDirectory, source)).toBeUndefined()
  await expect(ensure()).rejects.toThrow('was built, but is not in') // This nix brings nothing back.
  await fakeStore(folder)
  await ensure()
  await rm(join(folder, 'manifest.json')) // The link leads nowhere.
  expect(await findGuestImage(cacheDirectory, source)).toBeUndefined()
  expect(await calls()).toHaveLength(2)
  expect(lines).toContain('Guest image: parts of it are gone from the Nix store, building it again')
})

const log = (lines: string) => ({ says: `${building}${lines}\n`, status: 1 })
const drv = '/nix/store/v0qghyyr9d99196a51k26lwdzak8jdsf-microvm-store-disk.erofs.drv'

test.each([
  [
    'no Linux builder (2.31 and newer)',
    log(`error: Cannot build '${drv}'.
       Reason: required system or feature not available
       Required system: 'aarch64-linux' with features {}
       Current system: 'aarch64-darwin' with features {apple-virt, benchmark, big-parallel, nixos-test}`),
    { message: 'This Nix has no Linux builder, and the guest is Linux', hint: 'nix.linux-builder.enable = true' },
  ],
  [
    'no Linux builder (older)',
    log(
      `error: a 'aarch64-linux' with features {} is required to build '${drv}', but I am a 'aarch64-darwin' with features {benchmark, big-parallel, nixos-test}`,
    ),
    { message: 'This Nix has no Linux builder, and the guest is Linux', hint: 'nix.linux-builder.enable = true' },
  ],
  [
    'a builder that is down',
    log(`cannot build on 'ssh-ng://builder@linux-builder': error: failed to start SSH connection to 'builder@linux-builder'
error: Cannot build '${drv}'.
       Reason: required system or feature not available`),
    { message: 'The Linux builder of this Nix does not answer', hint: 'kickstart -k system/org.nixos.linux-builder' },
  ],
  [
    'flakes that are off',
    log(
      "error: experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it",
    ),
    { message: 'Flakes are not enabled in this Nix', hint: 'experimental-features = nix-command flakes' },
  ],
  [
    'a nix before flakes',
    log("error: unrecognised flag '--extra-experimental-features'\nTry 'nix --help' for more information."),
    { message: 'This Nix is too old', hint: 'upgrade-nix' },
  ],
  [
    'a daemon that is down',
    log("error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': Connection refused"),
    { message: "Nix's daemon does not answer", hint: 'org.nixos.nix-daemon' },
  ],
  [
    'a full disk',
    log('error: writing to file: No space left on device'),
    { message: 'The disk is full', hint: 'Free about 10 GB' },
  ],
  [
    'no network',
    log(
      "error: unable to download 'https://api.github.com/repos/NixOS/nixpkgs/tarball/643': Couldn't resolve host name (6)",
    ),
    { message: 'The sources of the guest cannot be downloaded', hint: 'network' },
  ],
  [
    'a build that failed',
    log(`error: builder for '${drv}' failed with exit code 1;
       last 2 log lines:
       > mkfs.erofs: not enough memory
       > Bubblewrap failed.`),
    { message: 'nix-build failed:', hint: 'The whole log is ' },
  ],
] as const)('%s is told with what to do, and nothing is left but a log', async (_, nix, { message, hint }) => {
  const { ensure, source, cacheDirectory } = await setUp(nix)
  const directory = join(cacheDirectory, 'images', await source.key())
  await expect(ensure()).rejects.toMatchObject({
    code: 'image-failed',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  })
  await expect(access(directory)).rejects.toThrow('ENOENT')
  expect(await readFile(`${directory}.log`, 'utf8')).toBe(nix.says)
})

test('a build that failed shows its last lines', async () => {
  const { ensure } = await setUp({ says: `${'early\n'.repeat(100)}one\ntwo\nthe reason\n`, status: 1 })
  await expect(ensure()).rejects.toThrow(/early\none\ntwo\nthe reason$/)
})

test('with no nix the build says how to get it', async () => {
  const source = nixGuest({ folder: flakeFolder, findNix: async () => undefined })
  const options = { cacheDirectory: await temporaryFolder(), onProgress: () => undefined }
  await expect(ensureGuestImage(options, undefined, source)).rejects.toMatchObject({
    ...{ code: 'host-incomplete', message: 'Nix is missing; it builds the guest' },
    hint: expect.stringContaining('https://nixos.org/download'),
  })
})
