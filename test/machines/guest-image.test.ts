import { createHash } from 'node:crypto'
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { lockFile } from '../../main/lib/files/file-lock.ts'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { ensureGuestImage, findGuestImage, guestImageProblems } from '../../main/machines/guest-image.ts'
import { buildImage } from '../../main/machines/image/build-image.ts'
import { parseImageFile } from '../../main/machines/image/image-file.ts'
import { type ImageInputs, readImageInputs } from '../../main/machines/image/inputs.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const sound = {
  schemaVersion: 1,
  kernel: 'vmlinux',
  initrd: 'initrd.img',
  root: 'root.erofs',
  kernelParameters: ['quiet'],
  claudeVersion: '1.2.3',
  kernelVersion: '6.12.60',
  builtAt: '2026-01-02T03:04:05.678Z',
}

test.for([
  ['of a newer version', { ...sound, schemaVersion: 2 }, /a newer version of this program/],
  ['of an older version', { ...sound, schemaVersion: 0 }, /an older version of this program/],
  ['that names a file elsewhere', { ...sound, kernel: '../../etc/passwd' }, /kernel/],
  ['that lacks a field', { ...sound, root: undefined }, /root/],
] as const)('an image file %s is refused with the reason and the cure', ([, content, reason]) => {
  const parse = () => parseImageFile(JSON.stringify(content), '/cache/images/k/image.json')
  expect(parse).toThrow(reason)
  expect(parse).toThrow(expect.objectContaining({ code: 'image-failed', hint: expect.stringContaining('Delete') }))
})

test('an image file that was cut off is refused as no JSON', () => {
  expect(() => parseImageFile('{"schemaVersion": 1, "ker', 'image.json')).toThrow('no JSON')
  expect(parseImageFile(JSON.stringify(sound), 'image.json')).toEqual(sound)
})

test('each script, list and pin of the image is part of its key, and so is the architecture', async () => {
  const nix = join(await temporaryFolder(), 'nix')
  await cp(join(packageDirectory(), 'nix'), nix, { recursive: true })
  const files = [
    'task-runner.sh',
    'last-act.sh',
    'become-claude.sh',
    'dev-container.sh',
    'compose.sh',
    'inbox.sh',
    'ahead.sh',
    'forwards.sh',
    'clock.sh',
    'attach.sh',
    'attach.pl',
    'flake-files.pl',
    ...(await readdir(join(nix, 'debian'))).map((name) => join('debian', name)),
  ]
  const { key } = await readImageInputs(nix, 'x64')
  expect((await readImageInputs(nix, 'x64')).key).toBe(key)
  const keys = new Set([key, (await readImageInputs(nix, 'arm64')).key])
  for (const name of files) {
    const content = await readFile(join(nix, name))
    await writeFile(join(nix, name), `${content}\n`)
    keys.add((await readImageInputs(nix, 'x64')).key)
    await writeFile(join(nix, name), content)
  }
  expect(keys.size).toBe(files.length + 2)
})

test('what the guest runs is sound shell', async () => {
  const nix = join(packageDirectory(), 'nix')
  for (const name of [
    'task-runner.sh',
    'last-act.sh',
    'become-claude.sh',
    'dev-container.sh',
    'compose.sh',
    'inbox.sh',
    'ahead.sh',
    'attach.sh',
    'debian/build-image.sh',
    'debian/customize-root.sh',
    'debian/dhcp',
    'debian/prepared-store.sh',
    'debian/init',
    'debian/initrd-init',
  ]) {
    const { ok, stderr } = await run('bash', ['-n', join(nix, name)])
    expect(ok, stderr).toBe(true)
  }
  for (const name of ['attach.pl', 'debian/restore.pl']) {
    const perl = await run('perl', ['-c', join(nix, name)])
    expect(perl.ok, perl.stderr).toBe(true)
  }
})

test('no image is a note with its cure, and a cached one is no problem', async () => {
  const cacheDirectory = await temporaryFolder()
  expect(await findGuestImage(cacheDirectory)).toBeUndefined()
  const problems = await guestImageProblems({ cacheDirectory })
  expect(problems.at(-1)).toMatchObject({ code: 'image-missing', optional: true })

  const { key } = await readImageInputs(join(packageDirectory(), 'nix'), process.arch === 'arm64' ? 'arm64' : 'x64')
  const directory = join(cacheDirectory, 'images', key)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'image.json'), JSON.stringify(sound))
  expect(await guestImageProblems({ cacheDirectory })).toEqual([])
  const image = await ensureGuestImage({ cacheDirectory, onProgress: () => undefined })
  expect(image).toMatchObject({ directory, key, root: join(directory, 'root.erofs'), claudeVersion: '1.2.3' })
})

const tarball = 'in place of a tarball'

/** Inputs whose build script is the given one, and an `npm` that delivers `tarball`. */
async function fakeInputs(folder: string, script: string): Promise<ImageInputs> {
  const bin = join(folder, 'bin')
  await mkdir(bin, { recursive: true })
  await writeFile(join(bin, 'npm'), `#!/bin/bash\nprintf '%s' '${tarball}' >claude.tgz\n`)
  await chmod(join(bin, 'npm'), 0o755)
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`)
  await writeFile(join(folder, 'build-image.sh'), script)
  const real = await readImageInputs(join(packageDirectory(), 'nix'), 'x64')
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const claude = { version: '1.2.3', x64: { package: 'p', integrity }, arm64: { package: 'p', integrity } }
  const other = { package: 'p', version: '1.0.0', integrity }
  return { ...real, scripts: folder, pins: { ...real.pins, claude, npm: other, devcontainers: other } }
}

test('a build shows its phases and appears whole', async () => {
  const folder = await temporaryFolder()
  const inputs = await fakeInputs(
    folder,
    'echo "progress: 40 packages"; echo noise; cp "$CLAUDE_PACKAGE" "$1/root.erofs"; echo 6.12.60 >"$1/kernel-version"',
  )
  const cache = join(folder, 'cache')
  await mkdir(cache)
  const lines: string[] = []
  await buildImage(inputs, { directory: join(cache, 'k'), onProgress: (line) => lines.push(line) })
  expect(lines.map((line) => line.replace(/\d+ s/, 'N s'))).toEqual([
    'Guest image: fetching Claude Code 1.2.3 (N s)',
    'Guest image: 40 % packages (N s)',
    'Guest image: done (N s)',
  ])
  expect(await readdir(cache)).toEqual(['k'])
  expect((await readdir(join(cache, 'k'))).sort()).toEqual(['image.json', 'root.erofs'])
})

test('a failed build tells its last lines and keeps its log, and nothing else', async () => {
  const folder = await temporaryFolder()
  const inputs = await fakeInputs(folder, 'echo first; echo "E: no such package"; exit 3')
  const cache = join(folder, 'cache')
  await mkdir(cache)
  const building = buildImage(inputs, { directory: join(cache, 'k'), onProgress: () => undefined })
  await expect(building).rejects.toMatchObject({
    code: 'image-failed',
    message: expect.stringContaining('E: no such package'),
    hint: expect.stringContaining(join(cache, 'k.log')),
  })
  expect(await readdir(cache)).toEqual(['k.log'])
  expect(await readFile(join(cache, 'k.log'), 'utf8')).toBe('first\nE: no such package\n')
})

test('a Claude Code that is not the pinned one is not built in', async () => {
  const folder = await temporaryFolder()
  const inputs = await fakeInputs(folder, ': >"$1/built"')
  const pinned = { package: 'p', integrity: 'sha512-another' }
  const pins = { ...inputs.pins, claude: { ...inputs.pins.claude, x64: pinned } }
  const cache = join(folder, 'cache')
  await mkdir(cache)
  const building = buildImage({ ...inputs, pins }, { directory: join(cache, 'k'), onProgress: () => undefined })
  await expect(building).rejects.toMatchObject({
    code: 'image-failed',
    message: expect.stringContaining('is not the p that is pinned'),
  })
  expect(await readdir(cache)).toEqual([])
})

test('a build that is called off leaves nothing behind', async () => {
  const folder = await temporaryFolder()
  const inputs = await fakeInputs(folder, `: >"${join(folder, 'begun')}"; exec sleep 1000`)
  const cache = join(folder, 'cache')
  await mkdir(cache)
  const stop = new AbortController()
  const building = buildImage(inputs, { directory: join(cache, 'k'), onProgress: () => undefined }, stop.signal)
  const ended = expect(building).rejects.toThrow('enough')
  await until(async () => (await readdir(folder)).includes('begun'))
  stop.abort(new Error('enough'))
  await ended
  expect(await readdir(cache)).toEqual([])
})

test('of two callers one builds and the other takes what it built', async () => {
  const cacheDirectory = await temporaryFolder()
  const { key } = await readImageInputs(join(packageDirectory(), 'nix'), process.arch === 'arm64' ? 'arm64' : 'x64')
  const directory = join(cacheDirectory, 'images', key)
  const lock = await lockFile(directory)
  const waiting = ensureGuestImage({ cacheDirectory, onProgress: () => expect.fail('a second build') })
  await mkdir(directory)
  await writeFile(join(directory, 'image.json'), JSON.stringify(sound))
  await lock[Symbol.asyncDispose]()
  expect((await waiting).directory).toBe(directory)
})
