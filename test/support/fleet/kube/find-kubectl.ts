import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cacheDirectory } from '../../../../main/lib/files/paths.ts'
import { findTool } from '../../../../main/lib/processes/find-tool.ts'
import { run } from '../../../../main/lib/processes/spawn.ts'
import { unpackDebianPackages } from '../../../../main/machines/qemu/debian-tools.ts'

/** The first that opens pods by WebSockets, as this project asks for. */
const neededMinor = 31

/** Puts a real kubectl that is new enough first in the PATH: the system's own, or Debian's, which is fetched once and not installed. */
export async function useKubectl(): Promise<void> {
  const found = await findTool('kubectl')
  if (found !== undefined && (await isNewEnough(found))) return
  const folder = join(cacheDirectory(), 'tools', 'kubernetes-client-trixie')
  const program = join(folder, 'usr', 'bin', 'kubectl')
  if (
    !(await access(program).then(
      () => true,
      () => false,
    ))
  )
    await unpackDebianPackages({ names: ['kubernetes-client'] }, folder, AbortSignal.timeout(300_000))
  process.env.PATH = `${dirname(program)}:${process.env.PATH}`
}

async function isNewEnough(program: string): Promise<boolean> {
  const { stdout } = await run(program, ['version', '--client', '--output=json'])
  return Number(/"minor": *"(\d+)/.exec(stdout)?.[1] ?? 0) >= neededMinor
}
