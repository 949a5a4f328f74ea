import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary.ts'

/** An AppImage whose app is the built one, with what the package says of its releases: `env` has the stand-in play it. */
export async function installedAppImage(feed: string) {
  const folder = await temporaryFolder()
  const resources = join(folder, 'resources')
  const image = join(folder, 'microvm-orchestrator.AppImage')
  await mkdir(resources)
  await writeFile(join(resources, 'app-update.yml'), feed)
  await writeFile(image, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  return { image, env: { STAND_IN_RESOURCES: resources, APPIMAGE: image } }
}
