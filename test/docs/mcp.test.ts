import { expect, test } from 'vitest'
import { clientOperations } from '../../main/api/operations/all.ts'
import { allPrompts } from '../../main/mcp/prompts/all.ts'
import { codesIn, readPage, sectionOf, tableRows } from '../support/docs/pages.ts'

const page = readPage('mcp.md')
const rows = tableRows(sectionOf(page, 'Tools'), 'tool')

test('the page has the tools of the server, in their order, and no others', () => {
  expect(rows.map(([name]) => name)).toEqual(clientOperations.map(({ name }) => `\`${name}\``))
})

test.for(clientOperations.map((tool) => [tool.name, tool] as const))(
  'the page has the arguments of %s',
  ([name, { input }]) => {
    const cell = rows.find(([first]) => first === `\`${name}\``)?.[1] ?? ''
    const [required = '', optional = ''] = cell.split(/\boptional\b/)
    const isOptional = (schema: unknown) =>
      (schema as { safeParse(value: unknown): { success: boolean } }).safeParse(undefined).success
    const names = (wanted: boolean) =>
      Object.entries(input.shape)
        .filter(([, schema]) => isOptional(schema) === wanted)
        .map(([argument]) => argument)
    expect(codesIn(required).toSorted()).toEqual(names(false).toSorted())
    expect(codesIn(optional).toSorted()).toEqual(names(true).toSorted())
  },
)

test.for(clientOperations.map((tool) => [tool.name, tool] as const))(
  'the defaults of %s are on the page',
  ([name, { input }]) => {
    const cell = rows.find(([first]) => first === `\`${name}\``)?.[1] ?? ''
    for (const [argument, schema] of Object.entries(input.shape)) {
      const parsed = (schema as { safeParse(value: unknown): { success: boolean; data?: unknown } }).safeParse(
        undefined,
      )
      if (parsed.success && parsed.data !== undefined)
        expect(cell).toContain(`\`${argument}\` (default: ${parsed.data})`)
    }
  },
)

test('the page has the prompts of the server with their arguments', () => {
  const documented = tableRows(page, 'prompt').map(([name, args = '']) => [name, codesIn(args)])
  expect(documented).toEqual(
    allPrompts.map((prompt) => [`\`${prompt.name}\``, prompt.arguments.map(({ name }) => name)]),
  )
})
