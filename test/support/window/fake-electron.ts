import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * A folder like those that Electron is published in, with nothing in it that runs: enough for the packer to do all that it does. Its
 * binary carries a wire of fuses, as @electron/fuses looks for it: a sentinel, the version, how many, and each as a character.
 */
export async function fakeElectron(folder: string, platform: 'linux' | 'darwin'): Promise<void> {
  const put = async (path: string, content: string | Buffer = 'x', mode = 0o644) => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content, { mode })
  }
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'version']) await put(name)
  if (platform === 'linux') {
    await put('electron', fuses, 0o755)
    await put('chrome-sandbox', 'x', 0o755)
    for (const name of ['resources.pak', 'icudtl.dat', 'locales/en-US.pak']) await put(name)
    return
  }
  const contents = 'Electron.app/Contents'
  await put(`${contents}/MacOS/Electron`, 'x', 0o755)
  await put(`${contents}/Info.plist`, plist('Electron', 'com.github.Electron'))
  await put(`${contents}/Frameworks/Electron Framework.framework/Electron Framework`, fuses, 0o755)
  await put(`${contents}/Resources/electron.icns`)
  await put(`${contents}/Resources/en.lproj/locale.pak`)
  for (const kind of ['', ' (Renderer)', ' (GPU)', ' (Plugin)']) {
    const helper = `Electron Helper${kind}`
    await put(`${contents}/Frameworks/${helper}.app/Contents/MacOS/${helper}`, 'x', 0o755)
    await put(`${contents}/Frameworks/${helper}.app/Contents/Info.plist`, plist(helper, 'com.github.Electron.helper'))
  }
}

const fuses = Buffer.concat([
  Buffer.from('before dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX', 'latin1'),
  Buffer.from([1, 9]),
  Buffer.from('101011101', 'latin1'),
  Buffer.from(' after', 'latin1'),
])

const plist = (name: string, identifier: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>${name}</string>
<key>CFBundleIdentifier</key><string>${identifier}</string>
<key>CFBundleName</key><string>${name}</string>
</dict></plist>
`
