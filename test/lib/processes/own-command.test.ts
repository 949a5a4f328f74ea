import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clientOperations } from '../../../main/api/operations/all.ts'
import { commandOfTool, terminalText } from '../../../main/commands/terminal/terminal-words.ts'
import { claudeCommand, ownCommand, ownVerbs, withOwnCommand } from '../../../main/lib/processes/own-command.ts'
import { runCommand } from '../../support/command-line.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A checkout as far as the command is concerned, and a folder of the PATH. */
async function place(name = 'checkout') {
  const folder = await temporaryFolder()
  const checkout = join(folder, name)
  const bin = join(folder, 'bin')
  await mkdir(join(checkout, 'main'), { recursive: true })
  await mkdir(bin)
  const launcher = join(checkout, 'main/microvm-orchestrator.mjs')
  await writeFile(launcher, '#!/bin/sh\n')
  await chmod(launcher, 0o755)
  return { checkout, bin, launcher }
}

test('the command is told by its name where the PATH leads to it, else by its path', async () => {
  const { checkout, bin, launcher } = await place()
  expect(ownCommand(`/usr/bin:${bin}`, checkout)).toBe(launcher)
  await symlink(launcher, join(bin, 'microvm-orchestrator'))
  expect(ownCommand(`/usr/bin:${bin}`, checkout)).toBe('microvm-orchestrator')
})

test('the command of another checkout on the PATH is not taken for this one', async () => {
  const [ours, other] = [await place(), await place()]
  await symlink(other.launcher, join(other.bin, 'microvm-orchestrator'))
  expect(ownCommand(other.bin, ours.checkout)).toBe(ours.launcher)
})

test('a path that a shell would take apart is quoted', async () => {
  const { checkout, launcher } = await place("it's here")
  expect(ownCommand('', checkout)).toBe(`'${launcher.replaceAll("'", "'\\''")}'`)
})

test.each([
  ['Run: microvm-orchestrator doctor', 'Run: /a/b doctor'],
  [
    'microvm-orchestrator doctor --fix installs; npx microvm-orchestrator serve',
    '/a/b doctor --fix installs; /a/b serve',
  ],
  ['/x/microvm-orchestrator doctor', '/x/microvm-orchestrator doctor'],
  ['another microvm-orchestrator (pid 1)', 'another microvm-orchestrator (pid 1)'],
  ['the microvm-orchestrator listens', 'the microvm-orchestrator listens'],
])('of %j the line is %j where the command is a path', (text, line) => {
  expect(withOwnCommand(text, () => '/a/b')).toBe(line)
})

test('every verb of the command line is known, and each tool that a hint may name has its verb', async () => {
  const { stdout } = await runCommand(['--help'], { home: await temporaryFolder() })
  const verbs = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) .*/gm)].map((match) => match[1])
  const unknown = verbs.filter(
    (verb) => verb !== 'help' && !(ownVerbs as readonly (string | undefined)[]).includes(verb),
  )
  expect(unknown).toEqual([])
  const tools = clientOperations.map(({ name }) => name).filter((name) => name.includes('_'))
  expect(tools.filter((name) => !(name in commandOfTool))).toEqual([])
})

test('on the terminal, hints name commands and no tools', () => {
  const failure = { code: 'task-ended', message: 'Task x has ended already', hint: 'get_task_info says how' } as const
  expect(terminalText(failure)).toMatch(/^Task x has ended already\. \S*microvm-orchestrator(\.mjs)? info ID says how$/)
})

test('Claude Code is told by its name where the PATH has it, else by the path of the one beside us', async () => {
  const { checkout, bin } = await place()
  expect(claudeCommand(bin, checkout)).toBe('claude')
  const beside = join(checkout, 'node_modules/.bin/claude')
  await mkdir(join(checkout, 'node_modules/.bin'), { recursive: true })
  await writeFile(beside, '')
  expect(claudeCommand(bin, checkout)).toBe(beside)
  await writeFile(join(bin, 'claude'), '')
  expect(claudeCommand(bin, checkout)).toBe('claude')
})
