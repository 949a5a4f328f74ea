/**
 * `node packaging/released-images.ts URL INDEX...`: writes `nix/released-images.json`, by which the packages of a release know the guest
 * images that were built with it: where they are, and the checksum of each index.
 */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { writeJsonAtomically } from '../main/lib/files/atomic-file.ts'
import { packageDirectory } from '../main/lib/files/paths.ts'
import { parseIndex, sha256Of } from '../main/machines/image/fetch/image-index.ts'
import { type Released, releasedName } from '../main/machines/image/fetch/image-place.ts'
import { readImageInputs } from '../main/machines/image/inputs.ts'

const [from = '', ...paths] = process.argv.slice(2)
const folder = join(packageDirectory(), 'nix')
const images: Released['images'] = {}
for (const path of paths) {
  const architecture = /^guest-debian-(arm64|x64)-/.exec(basename(path))?.[1] as 'arm64' | 'x64' | undefined
  if (architecture === undefined) throw new Error(`${path} is no index of a guest image`)
  const text = await readFile(path, 'utf8')
  // Of these very sources, or no installed copy would ask for it.
  const { key } = await readImageInputs(folder, architecture)
  parseIndex(text, { from: path, key, sha256: undefined })
  images[architecture] = { key, sha256: sha256Of(text) }
}
const released: Released = { schemaVersion: 1, from: new URL(from).href, images }
await writeJsonAtomically(join(folder, releasedName), released, 0o644)
console.log(`${releasedName}: ${Object.keys(images).join(', ')} from ${released.from}`)
