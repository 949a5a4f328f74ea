import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { clientOperations, operations, personOperations } from '../../main/api/operations/all.ts'

test('every file of an operation is in the list once, under the name of the file', () => {
  const files = readdirSync(join(import.meta.dirname, '../../main/api/operations'), {
    recursive: true,
    encoding: 'utf8',
  })
    .filter((name) => name.endsWith('.ts') && name !== 'all.ts')
    .map((name) => basename(name))
  expect(operations.map(({ name }) => `${name.replaceAll('_', '-')}.ts`).toSorted()).toEqual(files.toSorted())
})

test('each operation can be called by somebody, and one for clients has the shape of its answer', () => {
  expect(clientOperations.length).toBeGreaterThan(10)
  expect(clientOperations.filter(({ output }) => output === undefined)).toEqual([])
  expect(new Set([...clientOperations, ...personOperations])).toEqual(new Set(operations))
})

test.for(operations.map((operation) => [operation.name, operation] as const))(
  'every field of %s is described, and its name is snake case',
  ([, { input }]) => {
    for (const [name, field] of Object.entries<z.ZodType>(input.shape)) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(descriptionOf(field), name).toMatch(/\w{3}/)
    }
  },
)

/** Of the field, or of what it makes optional or gives a default. */
function descriptionOf(field: z.ZodType): string | undefined {
  const inner = (field.def as { readonly innerType?: z.ZodType }).innerType
  return field.description ?? (inner && descriptionOf(inner))
}

test('a client may ask for what reads without asking its user, and must ask before what takes something away', () => {
  const named = (has: (hints: (typeof operations)[number]['hints']) => boolean | undefined) =>
    operations.filter(({ hints }) => has(hints)).map(({ name }) => name)
  expect(named(({ readOnly }) => readOnly)).toEqual([
    ...[
      'get_task_info',
      'get_task_logs',
      'get_task_diff',
      'list_tasks',
      'list_repos',
      'list_slots',
      'list_places',
      'usage',
    ],
    ...['review_task', 'review_file', 'check_place'],
  ])
  expect(named(({ destructive }) => destructive)).toEqual([
    ...['cancel_task', 'cancel_plan', 'cleanup_task', 'prune', 'reject_task'],
  ])
  expect(named(({ idempotent }) => idempotent)).toEqual([
    ...[
      'interrupt_task',
      'finish_task',
      'cancel_task',
      'cancel_plan',
      'merge_task',
      'choose_attempt',
      'prune',
      'reject_task',
    ],
  ])
})
