import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { feedSettings } from '../../packaging/release-feed.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { appDirectory } from '../support/window/build-app.ts'
import { callHost, standInTest, startApp } from '../support/window/desktop-app.ts'
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
async function pack(platform: 'linux' | 'darwin') {
  const folder = await temporaryFolder()
  const project = join(folder, 'project')
  await mkdir(project)
  for (const name of ['package.json', 'electron-builder.yml', 'nix', 'packaging'])
    await cp(join(root, name), join(project, name), { recursive: true })
  await cp(join(appDirectory, 'dist'), join(project, 'dist'), { recursive: true, dereference: true })
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'))
  await fakeElectron(join(folder, 'electron'), platform)
  const target = platform === 'linux' ? ['--linux', 'dir', 'deb', '--x64'] : ['--mac', 'dir', '--arm64']
  const builder = createRequire(import.meta.url).resolve('electron-builder/cli.js')
  const feed = feedSettings('example/app')
  const settings = [
    ...feed,
    `-c.electronDist=${join(folder, 'electron')}`,
    '-c.mac.identity=null',
    '--publish',
    'never',
  ]
  const packing = promisify(execFile)(process.execPath, [builder, ...target, ...settings], {
    cwd: project,
    env: {
      PATH: `${join(root, 'test/support/packing')}:${process.env.PATH}`,
      HOME: folder,
      ...{ CSC_IDENTITY_AUTO_DISCOVERY: 'false', USE_SYSTEM_FPM: 'true', PACKAGE_ROOT: join(folder, 'deb') },
    },
  })
  await packing.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  })
  const packed = join(project, 'dist/packed', platform === 'linux' ? 'linux-unpacked' : 'mac-arm64')
  return { packed, deb: join(folder, 'deb') }
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
  '/dist/renderer/quick-entry',
  '/dist/renderer/quick-entry/index.html',
  '/package.json',
]

/** What the deb puts into a system: the app and the command line, each under its own name, and the scheme of links. */
async function expectDeb(deb: string): Promise<void> {
  const args = (await readFile(`${deb}.arguments`, 'utf8')).split('\n')
  const given = (option: string) => args[args.indexOf(option) + 1]
  expect(['--name', '--license', '--url'].map(given)).toEqual([
    ...['microvm-orchestrator', 'MIT', 'https://github.com/example/app'],
  ])
  const command = join(deb, 'usr/bin/microvm-orchestrator')
  const [, starts = ''] = /^exec '(.*)' "\$@"$/m.exec(await readFile(command, 'utf8')) ?? []
  for (const program of [command, join(deb, starts)]) expect((await stat(program)).mode & 0o111, program).not.toBe(0)
  const entry = await readFile(join(deb, 'usr/share/applications/microvm-orchestrator-app.desktop'), 'utf8')
  expect(entry).toMatch(/^MimeType=x-scheme-handler\/microvm-orchestrator;$/m)
  const [, program = ''] = /^Exec="?([^"%]+?)"? %U$/m.exec(entry) ?? []
  expect((await stat(join(deb, program))).mode & 0o111).not.toBe(0)
  // By this the app knows that it is not its own to update.
  expect(await readFile(join(deb, 'opt/microVM Orchestrator/resources/package-type'), 'utf8')).toBe('deb')
}

standInTest('the Linux app holds what it runs and nothing more, is locked, and starts', async () => {
  const { packed: folder, deb } = await pack('linux')
  const archive = join(folder, 'resources/app.asar')
  expect(contentsOf(archive).toSorted()).toEqual(expected)
  expect(asar.listPackage(archive, {}).filter((name) => /\.map$|node_modules|\.ts$/.test(name))).toEqual([])
  expect(await fusesOf(join(folder, 'microvm-orchestrator-app'))).toMatchObject(locked)
  expect(await readdir(join(folder, 'resources/nix'))).toEqual(await readdir(join(root, 'nix')))
  expect(await readdir(join(folder, 'resources/dist/gateway'))).toEqual(['gateway.js'])
  await expectDeb(deb)
  const feed = await readFile(join(folder, 'resources/app-update.yml'), 'utf8')
  expect(feed).toMatch(/^owner: example\nrepo: app\nprovider: github$/m)
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
  const { packed: folder } = await pack('darwin')
  const app = join(folder, 'microVM Orchestrator.app')
  const contents = join(app, 'Contents')
  expect(contentsOf(join(contents, 'Resources/app.asar')).toSorted()).toEqual(expected)
  expect(await fusesOf(app)).toMatchObject(locked)
  const info = await readFile(join(contents, 'Info.plist'), 'utf8')
  expect(info).toMatch(/<key>LSUIElement<\/key>\s*<true\/>/)
  expect(info).toMatch(/<key>LSAppNapIsDisabled<\/key>\s*<true\/>/)
  expect(info).toMatch(/<key>NSAllowsArbitraryLoads<\/key>\s*<false\/>/)
  expect(info).toMatch(/<key>ElectronAsarIntegrity<\/key>/)
  for (const folder of ['LocalNetwork', 'DesktopFolder', 'DocumentsFolder', 'DownloadsFolder', 'RemovableVolumes'])
    expect(info).toContain(`<key>NS${folder}UsageDescription</key>`)
  expect(await readdir(join(contents, 'Resources/packaging/icons'))).toContain('tray-idleTemplate@2x.png')
  expect(await readFile(join(contents, 'Resources/icon.icns'))).toEqual(
    await readFile(join(root, 'packaging/icons/icon.icns')),
  )
})
