import type { KeyPlace, KubernetesPlace, KubernetesStore } from '../core/task/task-place.ts'
import { kubeContext } from '../fleet/kubernetes/kube-context.ts'
import { wrongPlace } from '../settings/places.ts'

/** What `places add --kubernetes` takes. */
export interface KubernetesFlags {
  readonly context?: string
  readonly namespace?: string
  readonly image?: string
  /** Resources of device plugins. */
  readonly device?: readonly string[]
  readonly hostDevices?: boolean
  readonly store?: string
  readonly claim?: string
  readonly key?: KeyPlace
}

export const kubernetesFlags = ['context', 'namespace', 'image', 'device', 'hostDevices', 'store', 'claim'] as const

/** What the plugin of KubeVirt offers, which most clusters that run virtual machines have. */
const usualDevices = ['devices.kubevirt.io/kvm', 'devices.kubevirt.io/tun'] as const
const usualStore = '/var/lib/microvm-orchestrator'

/** @throws AppError('argument-invalid') for flags that do not go together, or name nothing; 'host-incomplete' without kubectl. */
export async function kubernetesPlace(name: string, flags: KubernetesFlags): Promise<Omit<KubernetesPlace, 'command'>> {
  const { image, device = [], hostDevices = false } = flags
  if (image === undefined) throw wrongPlace('A place with --kubernetes has an --image, which an administrator makes')
  if (hostDevices && device.length > 0) throw wrongPlace('A place has one of --device and --host-devices')
  const { context, namespace } = await kubeContext(flags.context)
  const devices = hostDevices ? [] : device.length > 0 ? device : usualDevices
  return {
    ...{ name, kind: 'kubernetes', context, namespace: flags.namespace ?? namespace, image, devices: [...devices] },
    store: storeOf(flags),
  }
}

function storeOf({ store, claim, key }: KubernetesFlags): KubernetesStore {
  if (store !== undefined && claim !== undefined) throw wrongPlace('A place has one of --store and --claim')
  // All users of a store are one user for its node, each of whose keepers the others could look into.
  if (key === 'node' && store === undefined && claim === undefined)
    throw wrongPlace(
      'With --key node, a place with --kubernetes has a store of its own: --claim, or a folder with --store',
    )
  return claim === undefined ? { kind: 'host-path', path: store ?? usualStore } : { kind: 'claim', claim }
}
