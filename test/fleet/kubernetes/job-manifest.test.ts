import { Job } from 'kubernetes-models/batch/v1'
import { expect, test } from 'vitest'
import type { KubernetesPlace } from '../../../main/core/task/task-place.ts'
import { doctorManifest, jobManifest } from '../../../main/fleet/kubernetes/job-manifest.ts'
import { jobFor } from '../../support/fleet/job.ts'

const place: KubernetesPlace = {
  ...{ name: 'team', kind: 'kubernetes', context: 'lab', namespace: 'team', image: 'registry.example/place:1' },
  ...{ devices: ['devices.kubevirt.io/kvm'], store: { kind: 'host-path', path: '/srv/microvm' } },
  command: ['/usr/local/bin/node-program', '/var/lib/microvm-orchestrator'],
}
const seat = '0123456789abcdef-0a0a0a0a'

test('each Job is as the API of Kubernetes has it, and has a device of each kind', () => {
  const job = { ...jobFor(seat), at: 'n1', memoryMiB: 2048, cpus: 2 }
  for (const manifest of [
    jobManifest(place, job, 3),
    jobManifest(
      { ...place, devices: [], store: { kind: 'claim', claim: 'store' } },
      { ...job, at: null, near: 'n2' },
      0,
    ),
    doctorManifest(place, 'mvo-doctor-1'),
  ])
    new Job(manifest).validate()
  const made = jobManifest(place, job, 3)
  expect(made.metadata?.name).toBe(`mvo-${seat}-3`)
  const wanted = { memory: '2048Mi', cpu: '2', 'devices.kubevirt.io/kvm': '1' }
  expect(made.spec?.template.spec?.containers[0]?.resources).toEqual({ limits: wanted, requests: wanted })
  // Of the pod, whose time begins when it starts: that of a Job runs while the pod waits.
  expect(made.spec?.template.spec?.activeDeadlineSeconds).toBe(job.minutes * 60)
  expect(made.spec).not.toHaveProperty('activeDeadlineSeconds')
  expect(JSON.stringify(made)).toContain('"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]')
})

test('pods are privileged where they are to have the devices of their node, and have no right of their own else', () => {
  const security = (devices: readonly string[]) =>
    jobManifest({ ...place, devices }, jobFor(seat), 0).spec?.template.spec?.containers[0]?.securityContext
  expect(security([])).toMatchObject({ privileged: true, runAsUser: 1000 })
  expect(security(['a.example/kvm'])).toMatchObject({ runAsNonRoot: true, capabilities: { drop: ['ALL'] } })
  expect(security(['a.example/kvm'])).not.toHaveProperty('privileged')
})
