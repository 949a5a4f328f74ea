import { expect, test } from 'vitest'
import type { SlurmPlace } from '../../../main/core/task/task-place.ts'
import { nodesOfTheirOwn } from '../../../main/fleet/slurm/slurm-engine.ts'
import { jobScript, refusalIn, submitWords, tracksByCgroup } from '../../../main/fleet/slurm/slurm-words.ts'
import { jobFor } from '../../support/fleet/job.ts'

const place: SlurmPlace = {
  ...{ name: 'cluster', kind: 'slurm', login: null },
  job: { partition: 'vm', qos: 'long' },
  command: ['/opt/node', '/opt/node.js', '/var/tmp/mvo'],
}
const seat = '0123456789abcdef-0a0b0c0d'

test('a job is asked for with its limits, is never begun anew, and has no environment and no output', () => {
  const words = submitWords(place, { ...jobFor(seat), memoryMiB: 2_560, cpus: 2, minutes: 70 })
  expect(words).toEqual(
    expect.arrayContaining([
      ...[`--job-name=mvo-${seat}`, '--mem=2560M', '--cpus-per-task=2', '--time=70', '--partition=vm', '--qos=long'],
      ...['--no-requeue', '--export=NIL', '--output=/dev/null', '--signal=B:USR2@90'],
    ]),
  )
  expect(words.join(' ')).not.toMatch(/nodelist|prefer/)
  expect(jobScript(place, seat)).toBe(`#!/bin/sh\numask 022\nexec /opt/node /opt/node.js /var/tmp/mvo job ${seat}\n`)
})

test('the node that has work of the seat is asked for, and is more than a wish for another one', () => {
  expect(submitWords(place, { ...jobFor(seat), near: 'n2' })).toContain('--prefer=n2')
  const both = submitWords(place, { ...jobFor(seat), at: 'n1', near: 'n2' })
  expect(both).toContain('--nodelist=n1')
  expect(both.join(' ')).not.toContain('prefer')
})

test('a node whose name would be more than a word is not asked for', () => {
  for (const at of ['n1 --uid=0', '-n1', 'n1,n2', '../n1', ''])
    expect(submitWords(place, { ...jobFor(seat), at }).join(' ')).not.toContain('nodelist')
})

// The texts of slurm_errno.c, as sbatch prints them.
test.each([
  ['Requested time limit is invalid (missing or exceeds some limit)', true],
  ["Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)", true],
  ['Invalid account or account/partition combination specified', true],
  ['Requested node configuration is not available', true],
  ['Memory required by task is not available', true],
  ['Unable to contact slurm controller (connect failure)', false],
  ['Socket timed out on send/recv operation', false],
  ['Slurm backup controller in standby mode', false],
  ['Protocol authentication error', false],
  ['Zero Bytes were transmitted or received', false],
])('%s: whether it is a refusal is %s', (said, isRefusal) => {
  const stderr = `sbatch: error: some other line\nsbatch: error: Batch job submission failed: ${said}\n`
  expect(refusalIn(stderr)).toBe(isRefusal ? said : undefined)
})

test('which limit of a user or account forbids a job is part of the refusal', () => {
  const policy = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
  const stderr = `sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: ${policy}\n`
  expect(refusalIn(stderr)).toBe(`${policy}: QOSMaxSubmitJobPerUserLimit`)
})

test('what never came to a submission is a refusal only where Slurm says that the request is wrong', () => {
  expect(refusalIn('sbatch: error: Invalid --constraint specification')).toContain('Invalid --constraint')
  expect(refusalIn('sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying')).toBeUndefined()
  expect(refusalIn('ssh: connect to host login port 22: Connection refused')).toBeUndefined()
  expect(refusalIn('')).toBeUndefined()
})

test('nodes with a feature of their own name can be wished for, and no others', () => {
  expect([...nodesOfTheirOwn('n1|vm,n1\nn2|vm\nn3|(null)\nn4|n4')]).toEqual(['n1', 'n4'])
})

test('whether Slurm tracks processes by cgroup is read from its configuration', () => {
  expect(tracksByCgroup('PriorityType = x\nProctrackType           = proctrack/cgroup\n')).toBe(true)
  expect(tracksByCgroup('ProctrackType           = proctrack/linuxproc\n')).toBe(false)
})
