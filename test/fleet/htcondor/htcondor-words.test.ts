import { expect, test } from 'vitest'
import type { HtcondorPlace } from '../../../main/core/task/task-place.ts'
import { attachWords, keeperDescription, lookWords, refusalIn } from '../../../main/fleet/htcondor/htcondor-words.ts'
import { jobFor } from '../../support/fleet/job.ts'

const place: HtcondorPlace = {
  ...{ name: 'pool', kind: 'htcondor', login: null },
  job: { requirements: 'HasKvm || true) || (true', group: 'physics.vm' },
  command: ['/opt/node', '/opt/node.js', '/scratch/mvo'],
}
const seat = '0123456789abcdef-0a0b0c0d'
const linesOf = (job: Parameters<typeof keeperDescription>[1]) => keeperDescription(place, job).split('\n')

test('a job is asked for with its limits, is begun once, and has no environment and no output of its own', () => {
  const lines = linesOf({ ...jobFor(seat), memoryMiB: 2_560, cpus: 2, minutes: 70 })
  expect(lines).toEqual(
    expect.arrayContaining([
      ...[`+MvoTask = "${seat}"`, '+MvoHome = "0123456789abcdef"', 'request_memory = 2560M', 'request_cpus = 2'],
      ...['getenv = false', 'output = /dev/null', 'accounting_group = physics.vm'],
      // Its keeper is told 90 seconds before the limit.
      `arguments = "-lc 'umask 022; exec timeout --foreground --signal=USR2 4110 /opt/node /opt/node.js /scratch/mvo job ${seat}'"`,
    ]),
  )
  const terms = lines.filter((line) => /^(requirements|periodic_remove) = /.test(line))
  expect(terms).toHaveLength(2)
  for (const term of terms) expect(term).toContain('NumShadowStarts')
  expect(lines.at(-2)).toBe('queue')
  expect(lines.join('\n')).not.toContain('rank')
})

test('jobs of this home and of this user alone are looked at', () => {
  const words = lookWords('0123456789abcdef')
  expect(words.slice(0, 4)).toEqual(['sh', '-c', 'user=$(whoami) && exec condor_q "$user" "$@"', 'sh'])
  expect(words.at(-1)).toBe('MvoHome == "0123456789abcdef"')
})

test("a user's expression is no part of the terms of a job", () => {
  const lines = linesOf(jobFor(seat))
  expect(lines.filter((line) => line.includes('HasKvm'))).toEqual(['+MvoAsked = (HasKvm || true) || (true)'])
  expect(lines.find((line) => line.startsWith('requirements'))).toMatch(/ && MvoAsked$/)
})

test('the node that has work of the seat is a condition, and one that has the history a wish', () => {
  const wish = linesOf({ ...jobFor(seat), near: 'n2' })
  expect(wish).toContain('rank = TARGET.Machine == "n2"')
  const both = linesOf({ ...jobFor(seat), at: 'n1', near: 'n2' }).join('\n')
  expect(both).toContain('&& TARGET.Machine == "n1"')
  expect(both).not.toContain('rank')
})

test('a node whose name would be more than a word is not asked for', () => {
  for (const at of ['n1" || true', 'n1\nqueue 100', '-n1', ''])
    expect(linesOf({ ...jobFor(seat), at, near: at }).join('\n')).not.toContain('TARGET.Machine')
})

test('an attachment names its job and its seat', () => {
  expect(attachWords(place, '7.0', seat).join(' ')).toBe(
    `condor_ssh_to_job 7.0 /opt/node /opt/node.js /scratch/mvo attach ${seat}`,
  )
})

// As condor_submit of HTCondor 23.9 has printed each.
test.each([
  [
    'ERROR: Failed to commit job submission into the queue.\nERROR: No more than 5000 MB are for one job',
    'No more than 5000 MB are for one job',
  ],
  [
    'ERROR: Failed to create proc\nNumber of submitted jobs would exceed MAX_JOBS_PER_OWNER',
    'Number of submitted jobs would exceed MAX_JOBS_PER_OWNER',
  ],
  ['ERROR: Parse error in expression: \n\tMvoAsked = (1 ||\n\t', 'Parse error in expression: MvoAsked = (1 ||'],
  [
    'ERROR: Failed to connect to local queue manager\nSECMAN:2011:Connection closed during command authorization.',
    undefined,
  ],
  ["ERROR: Can't find address of local schedd", undefined],
  ['condor_submit: unknown host pool', undefined],
  ['ssh: connect to host submit port 22: Connection refused', undefined],
  ['', undefined],
])('%s: the refusal in it is %s', (stderr, refusal) => {
  expect(refusalIn(`\n${stderr}\n`)).toBe(refusal)
})
