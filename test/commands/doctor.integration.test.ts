import { expect, test } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('doctor names each lack with its cure, and its status tells that a task could not run', async () => {
  const home = await temporaryFolder()
  const { exitCode, stdout, stderr } = await runCommand(['doctor'], { home: home })
  const lines = stdout.split('\n')
  const at = lines.findIndex((line) => line.includes('No API key found'))
  expect(lines[at]).toBe('  missing   No API key found')
  expect(lines[at + 1]).toMatch(/^ {12}Run: \S*microvm-orchestrator(\.mjs)? setup-token/)
  expect(stdout).not.toContain('This host can run tasks')
  expect(stderr).toMatch(/^Error: This host cannot run tasks yet: see the (point|\d+ points) above[^\n]*\n$/)
  expect(exitCode).toBe(1)
})

test('doctor is content with a key in the environment, and never shows it', async () => {
  const home = await temporaryFolder()
  const env = { ANTHROPIC_API_KEY: 'sk-ant-api03-not-to-be-seen' }
  const { stdout, stderr } = await runCommand(['doctor'], { home: home, env })
  expect(stdout).not.toContain('No API key found')
  expect(stdout + stderr).not.toContain('not-to-be-seen')
})
