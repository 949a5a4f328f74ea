import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesPlace } from '../../../../main/core/task/task-place.ts'
import { createFleet } from '../../../../main/fleet/fleet.ts'
import type { Patience } from '../../../../main/fleet/follow/patience.ts'
import { addPlace } from '../../../../main/settings/places.ts'
import { registeredRepository } from '../../orchestrator.ts'
import { temporaryFolder } from '../../temporary.ts'
import { shortPatience } from '../patience.ts'
import { processProgram } from '../process-program.ts'
import { useKubectl } from './find-kubectl.ts'
import { apiToken, type KubeApi, startKubeApi } from './kube-api.ts'
import { KubeCluster } from './kube-cluster.ts'

export interface KubeScene extends AsyncDisposable {
  readonly root: string
  readonly repo: string
  readonly cluster: KubeCluster
  readonly api: KubeApi
  readonly place: KubernetesPlace
  /** What `startOrchestrator` takes to have the place `cluster`. */
  readonly setup: {
    readonly root: string
    readonly guest: string
    readonly places: (home: string) => ReturnType<typeof createFleet>
  }
}

/** A home with a registered repository, and what stands for a Kubernetes cluster, to which the real kubectl leads; its machines are processes running the guest. */
export async function kubeScene(
  guestOf: (root: string) => string,
  { podsOfNode, ...changed }: Partial<Patience> & { readonly podsOfNode?: number } = {},
): Promise<KubeScene> {
  await useKubectl()
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const cluster = await KubeCluster.make(join(root, 'nodes'), ['n1', 'n2'], podsOfNode)
  for (const { folder } of cluster.nodes) await writeFile(join(folder, 'guest.sh'), guestOf(root))
  const api = await startKubeApi(cluster, root)
  const before = { config: process.env.KUBECONFIG, cache: process.env.KUBECACHEDIR }
  process.env.KUBECONFIG = await writeKubeconfig(root, api)
  process.env.KUBECACHEDIR = join(root, 'kube-cache')
  const place: KubernetesPlace = {
    ...{ name: 'cluster', kind: 'kubernetes', context: 'lab', namespace: 'team', image: 'registry.example/place:1' },
    ...{ devices: ['devices.kubevirt.io/kvm'], store: { kind: 'host-path', path: '/srv/microvm' } },
    command: [process.execPath, await processProgram(), '/var/lib/microvm-orchestrator'],
  }
  await addPlace(join(root, 'home'), place)
  return {
    ...{ root, repo, cluster, api, place },
    setup: { root, guest: 'exit 1', places: (home) => createFleet(home, { ...shortPatience, ...changed }) },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
      restore('KUBECONFIG', before.config)
      restore('KUBECACHEDIR', before.cache)
    },
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

/** As users have it. @returns its path. */
async function writeKubeconfig(
  root: string,
  { url: server, authority }: Pick<KubeApi, 'url' | 'authority'>,
): Promise<string> {
  await mkdir(root, { recursive: true })
  const path = join(root, 'kubeconfig.json')
  await writeFile(
    path,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'lab' },
      clusters: [
        { name: 'lab', cluster: { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') } },
      ],
      users: [{ name: 'me', user: { token: apiToken } }],
      contexts: [
        { name: 'lab', context: { cluster: 'lab', user: 'me', namespace: 'team' } },
        { name: 'other', context: { cluster: 'lab', user: 'me' } },
      ],
    }),
    { mode: 0o600 },
  )
  return path
}
