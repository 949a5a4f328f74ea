import { expect, test } from 'vitest'
import { linksIn, taskOfLink } from '../../../main/desktop/links/task-link.ts'

test('the address of a task leads to it', () => {
  expect(taskOfLink('microvm-orchestrator://task/0a1b2c3d')).toBe('0a1b2c3d')
})

test.each<[string, unknown]>([
  ['another scheme', 'https://task/0a1b2c3d'],
  ['the scheme in capitals', 'MICROVM-ORCHESTRATOR://task/0a1b2c3d'],
  ['another word', 'microvm-orchestrator://merge/0a1b2c3d'],
  ['no id', 'microvm-orchestrator://task/'],
  ['a longer id', 'microvm-orchestrator://task/0a1b2c3d4'],
  ['an id in capitals', 'microvm-orchestrator://task/0A1B2C3D'],
  ['a path behind it', 'microvm-orchestrator://task/0a1b2c3d/../../settings'],
  ['a path before it', 'microvm-orchestrator://task/../task/0a1b2c3d'],
  ['a user', 'microvm-orchestrator://merge@task/0a1b2c3d'],
  ['a port', 'microvm-orchestrator://task:80/0a1b2c3d'],
  ['a query', 'microvm-orchestrator://task/0a1b2c3d?do=merge'],
  ['a fragment', 'microvm-orchestrator://task/0a1b2c3d#retry'],
  ['escapes', 'microvm-orchestrator://task/%30a1b2c3d'],
  ['a line break behind it', 'microvm-orchestrator://task/0a1b2c3d\n'],
  ['a line before it', 'x\nmicrovm-orchestrator://task/0a1b2c3d'],
  ['an option', '--cli'],
  ['a script', 'microvm-orchestrator:javascript:alert(1)'],
  ['something long', `microvm-orchestrator://task/${'0'.repeat(1e6)}`],
  ['no text', { toString: () => 'microvm-orchestrator://task/0a1b2c3d' }],
  ['nothing', undefined],
])('an address with %s leads nowhere', (_what, link) => {
  expect(taskOfLink(link)).toBeUndefined()
})

test('among the arguments of a start only what looks like a link is taken for one', () => {
  const link = 'microvm-orchestrator://task/0a1b2c3d'
  expect(linksIn(['/opt/app', '--no-sandbox', link])).toEqual([link])
  expect(linksIn(['/opt/app', 'MicroVM-Orchestrator:anything'])).toEqual(['MicroVM-Orchestrator:anything'])
  expect(linksIn(['/opt/app', '--cli', 'list'])).toEqual([])
})
