import { expect, test } from 'vitest'
import { quickEntryOf } from '../../../main/desktop/quick-entry/quick-entry-of.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { ended, row } from '../../support/window/window-rows.ts'

const repository = (alias: string): RepositoryRow => ({
  ...{ alias, path: `/home/ada/${alias}`, added: '2026-11-30T08:00:00Z', branch: 'main', problem: null },
  ...{
    environment: { kind: 'auto' },
    egress: null,
    mergePolicy: { kind: 'auto' },
    tasks: 0,
    costUsd: 0,
    lastTask: null,
  },
})
const tasks = [
  row('aaaaaaaa', ended('merged'), { repo: 'first' }),
  row('bbbbbbbb', ended('merged'), { repo: 'second' }),
]

test('the repository of the newest task is the usual one, while it is registered', () => {
  const repositories = [repository('first'), repository('second')]
  expect(quickEntryOf({ repositories, tasks })).toEqual({
    repositories: repositories.map(({ alias, branch, problem }) => ({ alias, branch, problem })),
    usual: 'second',
  })
  expect(quickEntryOf({ repositories: repositories.slice(0, 1), tasks }).usual).toBeNull()
  expect(quickEntryOf({ repositories, tasks: [] }).usual).toBeNull()
  expect(quickEntryOf(undefined)).toEqual({ repositories: [], usual: null })
})
