/**
 * `npm run guest-image -- --output FOLDER [--architecture arm64|x64] [--twice]`: builds the Debian guest and writes what a host fetches in
 * place of building it: its files, compressed, and their index. FOLDER is then one that the setting `guestImage` may name, or that a
 * release or a mirror serves. With `--twice` it is built a second time, and what differs is named; then the exit status is 1.
 */
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { failureText, toFailure } from '../main/core/failure.ts'
import { packageDirectory } from '../main/lib/files/paths.ts'
import { sha256OfFile } from '../main/lib/files/sha256-of-file.ts'
import { runOrThrow } from '../main/lib/processes/spawn.ts'
import { cureProblems } from '../main/machines/host/cure-problems.ts'
import { buildImage } from '../main/machines/image/build-image.ts'
import { debianProblems } from '../main/machines/image/debian-problems.ts'
import { type ImageIndex, type ImagePart, indexName } from '../main/machines/image/fetch/image-index.ts'
import { readImageFile } from '../main/machines/image/image-file.ts'
import { hostArchitecture, readImageInputs } from '../main/machines/image/inputs.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error('Stopped')))

try {
  process.exitCode = (await main(stop.signal)) ? 0 : 1
} catch (error) {
  say(failureText(toFailure(error)))
  process.exitCode = 1
}

async function main(signal: AbortSignal): Promise<boolean> {
  const { values } = parseArgs({
    options: { output: { type: 'string' }, architecture: { type: 'string' }, twice: { type: 'boolean' } },
  })
  const architecture = values.architecture ?? hostArchitecture
  if (architecture !== 'arm64' && architecture !== 'x64') throw new Error('--architecture is arm64 or x64')
  if (values.output === undefined) throw new Error('--output names the folder that is to be filled')
  const output = resolve(values.output)
  const lacks = async () => (await debianProblems(architecture, signal)).filter(({ optional }) => !optional)
  const [left] = await cureProblems(lacks, { onProgress: say }, signal)
  if (left) throw new Error(`${left.message}. ${left.cure}`)

  await mkdir(output, { recursive: true })
  const inputs = await readImageInputs(join(packageDirectory(), 'nix'), architecture)
  const work = await mkdtemp(join(output, '.build-'))
  try {
    const build = async (name: string): Promise<string> => {
      const directory = join(work, name)
      await buildImage(inputs, { directory, onProgress: say }, signal)
      return directory
    }
    const directory = await build('first')
    const image = await readImageFile(directory)
    if (image === undefined) throw new Error('The build left no image')
    const names = [image.kernel, image.initrd, image.root]
    const differing = values.twice ? await differences(names, directory, await build('second')) : []
    const prefix = `guest-debian-${architecture}-${inputs.key}`
    const parts: ImagePart[] = []
    for (const name of names) parts.push(await pack(join(directory, name), name, join(output, `${prefix}-${name}.zst`)))
    const index: ImageIndex = { schemaVersion: 1, key: inputs.key, image, parts }
    const path = join(output, indexName(architecture, inputs.key))
    await writeFile(path, `${JSON.stringify(index, null, 2)}\n`)
    say(`${path}: ${parts.reduce((sum, { bytes }) => sum + bytes, 0)} bytes in ${parts.length} files`)
    for (const name of differing) say(`Differs between two builds: ${name}`)
    return differing.length === 0
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function pack(path: string, name: string, target: string): Promise<ImagePart> {
  await runOrThrow('zstd', ['-q', '-f', '-T0', '-15', path, '-o', target])
  const [packed, content] = [await measure(target), await measure(path)]
  const asset = target.slice(target.lastIndexOf('/') + 1)
  return { name, asset, ...packed, contentBytes: content.bytes, contentSha256: content.sha256 }
}

async function measure(path: string): Promise<{ bytes: number; sha256: string }> {
  return { bytes: (await stat(path)).size, sha256: await sha256OfFile(path) }
}

async function differences(names: readonly string[], one: string, two: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of names) {
    const [first, second] = [await measure(join(one, name)), await measure(join(two, name))]
    if (first.sha256 !== second.sha256) found.push(name)
    say(`${name}: ${first.sha256}${first.sha256 === second.sha256 ? ' twice' : `, then ${second.sha256}`}`)
  }
  return found
}
