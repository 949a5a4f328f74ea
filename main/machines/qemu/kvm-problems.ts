import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { callerName } from '../../lib/caller-name.ts'
import type { Problem } from '../driver.ts'
import type { HelperUser } from '../helper-user.ts'
import { type KvmVerdict, rememberedVerdict } from './acceleration.ts'

/** What was seen of KVM on this host. */
export type KvmState =
  | { readonly kind: 'usable' }
  /** The device is there and this user may not open it. */
  | { readonly kind: 'denied'; readonly userName: string }
  /** There is no device, though the processor could: `vmx` or `svm` is among its flags. */
  | { readonly kind: 'not-loaded'; readonly module: 'kvm_intel' | 'kvm_amd' }
  /** There is no device, and the processor offers nothing to run one with. */
  | { readonly kind: 'switched-off' }
  /** It opens, and a guest does not run under it. */
  | { readonly kind: 'fails'; readonly reason: string }

/** Guests run without KVM too, on an emulated processor; each cause has a cure of its own. */
export async function kvmProblems(user: HelperUser | undefined, cacheDirectory: string): Promise<readonly Problem[]> {
  const verdict = user === undefined ? undefined : await rememberedVerdict(cacheDirectory, user)
  const cure = kvmCure(await kvmState(verdict))
  if (cure === undefined) return []
  const message = `KVM cannot be used, so guests run on an emulated processor, some ten times slower: ${cure.why}`
  return [{ code: 'kvm-unusable', message, cure: cure.cure, optional: true }]
}

/** Pure. */
export function kvmCure(state: KvmState): { readonly why: string; readonly cure: string } | undefined {
  switch (state.kind) {
    case 'usable':
      return undefined
    case 'denied':
      return {
        why: `${state.userName} may not open /dev/kvm`,
        cure: `Log out and in again after: sudo usermod -aG kvm ${state.userName}`,
      }
    case 'not-loaded':
      return { why: '/dev/kvm is missing, though the processor could', cure: `sudo modprobe ${state.module}` }
    case 'switched-off':
      return {
        why: '/dev/kvm is missing, and the processor offers no virtualisation',
        cure: 'Switch it on in the firmware, or at the cloud provider (nested virtualisation)',
      }
    case 'fails':
      return {
        why: state.reason,
        cure: 'Update the kernel of this host; in a virtual machine, that of its own host too. Tasks run meanwhile, slower',
      }
  }
}

async function kvmState(verdict: KvmVerdict | undefined): Promise<KvmState> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return { kind: 'denied', userName: callerName() }
    const flags = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
    if (/\bvmx\b/.test(flags)) return { kind: 'not-loaded', module: 'kvm_intel' }
    return /\bsvm\b/.test(flags) ? { kind: 'not-loaded', module: 'kvm_amd' } : { kind: 'switched-off' }
  }
  return verdict === undefined || verdict.works ? { kind: 'usable' } : { kind: 'fails', reason: verdict.reason }
}
