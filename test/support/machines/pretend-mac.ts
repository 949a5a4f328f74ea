import { join } from 'node:path'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import type { MacHost } from '../../../main/machines/vfkit/host.ts'

/** A Mac as the vfkit driver sees one, whose vfkit is the executable of `support/vfkit`: real guests, under QEMU. */
export const pretendMac = async (): Promise<MacHost> => ({
  appleSilicon: true,
  macos: 26,
  isRoot: false,
  vfkit: join(import.meta.dirname, '../vfkit/vfkit'),
  socat: await findTool('socat'),
  rosetta: false,
})
