import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Before signing: electron-builder lets every app load anything over plain HTTP, whatever its settings say. Ours loads its own files
 * and speaks with this host, which has an entry of its own.
 */
export default async function afterPack({ appOutDir, electronPlatformName, packager }) {
  if (electronPlatformName !== 'darwin') return
  const path = join(appOutDir, `${packager.appInfo.productFilename}.app`, 'Contents', 'Info.plist')
  const before = await readFile(path, 'utf8')
  const after = before.replace(/(<key>NSAllowsArbitraryLoads<\/key>\s*)<true\/>/, '$1<false/>')
  if (after === before)
    throw new Error(`${path} says nothing of NSAllowsArbitraryLoads any more: this hook is of no use`)
  await writeFile(path, after)
}
