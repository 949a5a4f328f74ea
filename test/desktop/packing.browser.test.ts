import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary.ts'
import { appDirectory } from '../support/window/build-app.ts'
import { callHost, startApp } from '../support/window/desktop-app.ts'
import { fakeElectron } from '../support/window/fake-electron.ts'

const root = join(import.meta.dirname, '../..')
const ofBuilder = createRequire(createRequire(import.meta.url).resolve('app-builder-lib'))
const asar = ofBuilder('@electron/asar') as {
  listPackage(path: string, options: object): string[]
  extractAll(path: string, to: string): void
}
const { getCurrentFuseWire, FuseV1Options } = ofBuilder('@electron/fuses') as {
  getCurrentFuseWire(path: string): Promise<Record<string, number>>
  FuseV1Options: Record<string, string>
}

/** Packs with the project's own configuration, around a fake Electron: no download, no signing. */
async function pack(platform: 'linux' | 'darwin'): Promise<string> {
  const folder = await temporaryFolder()
  const project = join(folder, 'project')
  await mkdir(project)
  for (const name of ['package.json', 'electron-builder.yml', 'nix', 'packaging'])
    await cp(join(root, name), join(project, name), { recursive: true })
  await cp(join(appDirectory, 'dist'), join(project, 'dist'), { recursive: true, dereference: true })
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'))
  await fakeElectron(join(folder, 'electron'), platform)
  const target = platform === 'linux' ? ['--linux', 'dir', '--x64'] : ['--mac', 'dir', '--arm64']
  const builder = createRequire(import.meta.url).resolve('electron-builder/cli.js')
  const settings = [`-c.electronDist=${join(folder, 'electron')}`, '-c.mac.identity=null', '--publish', 'never']
  const packing = promisify(execFile)(process.execPath, [builder, ...target, ...settings], {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: folder, CSC_IDENTITY_AUTO_DISCOVERY: 'false' },
  })
  await packing.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  })
  return join(project, 'dist/packed', platform === 'linux' ? 'linux-unpacked' : 'mac-arm64')
}

async function fusesOf(program: string): Promise<Record<string, boolean>> {
  const wire = await getCurrentFuseWire(program)
  return Object.fromEntries(
    Object.entries(wire)
      .filter(([key]) => /^\d+$/.test(key) && FuseV1Options[key] !== undefined)
      .map(([key, value]) => [FuseV1Options[key] ?? key, String.fromCharCode(value) === '1']),
  )
}

const locked = {
  RunAsNode: false,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  EnableCookieEncryption: false,
  GrantFileProtocolExtraPrivileges: false,
}

/** Names in the archive, with the hashes of the build taken out. */
const contentsOf = (archive: string): readonly string[] =>
  [...new Set(asar.listPackage(archive, {}).map((name) => name.replace(/-[\w-]{8}\.(js|css)$/, '-HASH.$1')))].filter(
    (name) => !name.startsWith('/dist/main/chunks/') && !name.startsWith('/dist/renderer/assets/'),
  )

const expected = [
  '/dist',
  '/dist/main',
  '/dist/main/chunks',
  '/dist/main/index.js',
  '/dist/preload',
  '/dist/preload/index.cjs',
  '/dist/renderer',
  '/dist/renderer/assets',
  '/dist/renderer/icon-needs.svg',
  '/dist/renderer/icon.svg',
  '/dist/renderer/index.html',
  '/package.json',
]

test('the Linux app holds what it runs and nothing more, is locked, and starts', async () => {
  const folder = await pack('linux')
  const archive = join(folder, 'resources/app.asar')
  expect(contentsOf(archive).toSorted()).toEqual(expected)
  expect(asar.listPackage(archive, {}).filter((name) => /\.map$|node_modules|\.ts$/.test(name))).toEqual([])
  expect(await fusesOf(join(folder, 'microvm-orchestrator'))).toMatchObject(locked)
  expect(await readdir(join(folder, 'resources/nix'))).toEqual(await readdir(join(root, 'nix')))
  expect(await readdir(join(folder, 'resources/dist/gateway'))).toEqual(['gateway.js'])
  const command = join(folder, 'resources/bin/microvm-orchestrator')
  expect((await stat(command)).mode & 0o111).not.toBe(0)

  // The stand-in cannot read an archive as Electron does, so a folder with what is in it takes its place.
  await rename(archive, `${archive}.packed`)
  asar.extractAll(`${archive}.packed`, archive)
  const { firstPage } = await startApp({ directory: archive, env: { STAND_IN_RESOURCES: join(folder, 'resources') } })
  expect(await callHost(await firstPage(), 'host', {})).toMatchObject({ ok: true, value: { kind: 'desktop' } })

  // What `bin/microvm-orchestrator` starts.
  const home = await temporaryFolder()
  const said = await promisify(execFile)(join(root, 'test/support/electron/electron'), [archive, '--cli', 'list'], {
    env: { PATH: process.env.PATH, MICROVM_ORCHESTRATOR_HOME: home, STAND_IN_RESOURCES: join(folder, 'resources') },
  })
  expect(said.stdout).toBe('')
  const refused = promisify(execFile)(join(root, 'test/support/electron/electron'), [archive, '--cli', 'info', 'x'], {
    env: { PATH: process.env.PATH, MICROVM_ORCHESTRATOR_HOME: home, STAND_IN_RESOURCES: join(folder, 'resources') },
  })
  await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("There is no task 'x'") })
})

test('the Mac app is one of the menu bar, holds the same, and is locked', async () => {
  const folder = await pack('darwin')
  const app = join(folder, 'microVM Orchestrator.app')
  const contents = join(app, 'Contents')
  expect(contentsOf(join(contents, 'Resources/app.asar')).toSorted()).toEqual(expected)
  expect(await fusesOf(app)).toMatchObject(locked)
  const info = await readFile(join(contents, 'Info.plist'), 'utf8')
  expect(info).toMatch(/<key>LSUIElement<\/key>\s*<true\/>/)
  expect(info).toMatch(/<key>NSAllowsArbitraryLoads<\/key>\s*<false\/>/)
  expect(info).toMatch(/<key>ElectronAsarIntegrity<\/key>/)
  for (const folder of ['LocalNetwork', 'DesktopFolder', 'DocumentsFolder', 'DownloadsFolder', 'RemovableVolumes'])
    expect(info).toContain(`<key>NS${folder}UsageDescription</key>`)
  expect(await readdir(join(contents, 'Resources/packaging/icons'))).toContain('tray-idleTemplate@2x.png')
  expect(await readFile(join(contents, 'Resources/icon.icns'))).toEqual(
    await readFile(join(root, 'packaging/icons/icon.icns')),
  )
})
