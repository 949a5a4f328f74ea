import { expect, test } from 'vitest'
import type { SlotId, TaskId } from '../../../main/core/task/task.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { machineSpec } from '../../../main/tasks/slots/machine-spec.ts'

const id = 'a1b2c3d4' as TaskId

const sizeOf = (limits: { cpus: number; memoryMiB: number }, host: { cpus: number; memoryMiB: number }) => {
  const provisions = {
    key: { variable: 'ANTHROPIC_API_KEY', value: 'k' },
    variables: {},
    egress: 'closed',
    forwards: [],
  } as const
  const parts = { home: '/home', limits, files: taskFiles('/home', id), slot: 1 as SlotId, volumes: [], provisions }
  const { cpus, memoryMiB } = machineSpec(id, parts, host)
  return [cpus, memoryMiB]
}

const mac = { cpus: 8, memoryMiB: 16_384 }

test.each([
  ['that fits', { cpus: 4, memoryMiB: 4096 }, [4, 4096]],
  ['as large as its host', { cpus: 8, memoryMiB: 16_384 }, [8, 16_384]],
  ['with more processors than its host', { cpus: 64, memoryMiB: 4096 }, [8, 4096]],
  ['with more memory than its host', { cpus: 2, memoryMiB: 131_072 }, [2, 16_384]],
])('a guest %s is never larger than its host', (_, limits, expected) => {
  expect(sizeOf(limits, mac)).toEqual(expected)
})
