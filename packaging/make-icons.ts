/**
 * Draws `icons/` from `icon.svg` and `tray/`, in Chromium: `node packaging/make-icons.ts`. What it makes is committed, so that
 * no one else needs it.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const folder = import.meta.dirname
const icons = join(folder, 'icons')

/** Of the `icns` container: a type for each size that macOS looks for, each holding a PNG. */
const icnsTypes: readonly (readonly [type: string, pixels: number])[] = [
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
]

await mkdir(icons, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  const page = await browser.newPage()
  const draw = async (file: string, pixels: number, recolour: (svg: string) => string = (svg) => svg) => {
    await page.setViewportSize({ width: pixels, height: pixels })
    const svg = recolour(await readFile(join(folder, file), 'utf8'))
    await page.setContent(`<style>body{margin:0}svg{display:block;width:${pixels}px;height:${pixels}px}</style>${svg}`)
    return await page.screenshot({ omitBackground: true })
  }
  const sizes = new Map<number, Buffer>()
  for (const pixels of new Set(icnsTypes.map(([, size]) => size))) sizes.set(pixels, await draw('icon.svg', pixels))
  await writeFile(
    join(icons, 'icon.icns'),
    icns(icnsTypes.map(([type, size]) => [type, sizes.get(size) ?? Buffer.alloc(0)])),
  )
  for (const pixels of [128, 256, 512]) await writeFile(join(icons, `${pixels}x${pixels}.png`), sizes.get(pixels) ?? '')
  // macOS takes the shape of a template and colours it to fit its bar; elsewhere the bar is dark more often than not.
  for (const state of ['idle', 'busy', 'needs-you', 'failed']) {
    const file = `tray/${state}.svg`
    await writeFile(join(icons, `tray-${state}Template.png`), await draw(file, 18))
    await writeFile(join(icons, `tray-${state}Template@2x.png`), await draw(file, 36))
    await writeFile(join(icons, `tray-${state}.png`), await draw(file, 32, (svg) => svg.replaceAll('#000', '#e8e8ec')))
  }
} finally {
  await browser.close()
}

function icns(entries: readonly (readonly [type: string, png: Buffer])[]): Buffer {
  const blocks = entries.map(([type, png]) => Buffer.concat([header(type, png.length), png]))
  const body = Buffer.concat(blocks)
  return Buffer.concat([header('icns', body.length), body])
}

function header(type: string, length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.write(type, 'latin1')
  bytes.writeUInt32BE(length + 8, 4)
  return bytes
}
