import { readFile, stat } from 'node:fs/promises'

/** The system user under which QEMU and its helpers run where the orchestrator itself is root. */
export const helperUserName = 'microvm-orchestrator'

/** Who runs QEMU, virtiofsd and passt. Never root: a virtiofsd of root lets the guest make device nodes on the host. */
export type HelperUser =
  | { readonly kind: 'caller'; readonly uid: number; readonly gid: number }
  | { readonly kind: 'dropped'; readonly uid: number; readonly gid: number; readonly groups: readonly number[] }

/** The caller, or on a root host the system user made for it; undefined when that user does not exist yet. */
export async function findHelperUser(): Promise<HelperUser | undefined> {
  const uid = process.getuid?.() ?? -1
  const gid = process.getgid?.() ?? -1
  if (uid !== 0) return { kind: 'caller', uid, gid }
  const entry = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((line) => line.startsWith(`${helperUserName}:`))
  const [, , userId, groupId] = entry?.split(':') ?? []
  if (!userId || !groupId || Number(userId) === 0) return undefined
  return { kind: 'dropped', uid: Number(userId), gid: Number(groupId), groups: await kvmGroup() }
}

/** The group that may open /dev/kvm, unless that is root's. */
async function kvmGroup(): Promise<readonly number[]> {
  try {
    const { gid, mode } = await stat('/dev/kvm')
    return gid !== 0 && (mode & 0o060) === 0o060 ? [gid] : []
  } catch {
    return [] // No /dev/kvm here.
  }
}

/** The users that a machine's processes can have: this one, and on a root host the system user for helpers. */
export async function machineUsers(): Promise<ReadonlySet<number>> {
  const helper = await findHelperUser()
  return new Set([process.getuid?.() ?? -1, ...(helper ? [helper.uid] : [])])
}
