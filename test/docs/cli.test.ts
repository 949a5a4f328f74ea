import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandLine } from '../../main/commands/declarations/command-line.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { codesIn, readPage, sectionOf, tableRows } from '../support/docs/pages.ts'

const page = readPage('cli.md')
const program = commandLine(processTerminal('/nowhere'))
/** In place of a command that only has others below it, those. */
const commands = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]))
const usageOf = (command: Command): string =>
  [
    ...(command.parent && command.parent !== program ? [command.parent.name()] : []),
    command.name(),
    ...command.registeredArguments.map((argument) =>
      argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
    ),
  ].join(' ')

test('the page has the commands of the program, with their arguments, and no others', () => {
  const headings = [...page.matchAll(/^### `([^`]+)`$/gm)].map(([, usage]) => usage)
  expect(headings.toSorted()).toEqual(commands.map(usageOf).toSorted())
})

test.for(commands.map((command) => [usageOf(command), command] as const))(
  'the page has the options of `%s`, and no others',
  ([usage, command]) => {
    const rows = tableRows(sectionOf(page, `\`${usage}\``), 'option')
    expect(rows.map(([option]) => codesIn(option ?? '')[0])).toEqual(command.options.map(({ flags }) => flags))
    for (const [, meaning] of rows) expect(meaning).not.toBe('')
  },
)

test('every choice and default of an option is on the page', () => {
  for (const command of commands) {
    for (const { flags, argChoices, defaultValue } of command.options) {
      const row = tableRows(sectionOf(page, `\`${usageOf(command)}\``), 'option').find(
        ([option]) => option === `\`${flags}\``,
      )
      for (const choice of argChoices ?? []) expect(codesIn(row?.[1] ?? '')).toContain(choice)
      if (typeof defaultValue === 'number') expect(row?.[1]).toContain(`(default: ${defaultValue})`)
    }
  }
})

test('every command that another page names is one of the program', () => {
  const names = new Set(program.commands.map((command) => command.name()))
  const files = [
    'concepts.md',
    'linux.md',
    'mcp.md',
    'merge-and-review.md',
    'network-and-security.md',
    'troubleshooting.md',
  ]
  const named = files.flatMap((file) =>
    [...readPage(file).matchAll(/microvm-orchestrator ([a-z][a-z-]+)/g)].map(([, name]) => name ?? ''),
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => !names.has(name))).toEqual([])
})
