import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { workingTask } from '../support/working-task.ts'

test('what is piped into attach is typed into a shell in the machine, its end ends the shell, and the user is warned', async () => {
  const { home, id, end } = await workingTask()
  const { exitCode, stdout, stderr } = await runCommand(['attach', id], {
    home,
    input: 'stty -echo\necho "sum: $((40 + 2))"\n',
  })
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/of the same user as its agent: never type a password.*The shell has ended/s),
  })
  expect(stdout).toContain('sum: 42\r\n')

  await end()
  expect(await runCommand(['attach', id], { home })).toMatchObject({
    ...{ exitCode: 1, stderr: expect.stringMatching(/has ended, and its machine with it. Continue it/) },
  })
})

test('in a terminal the shell has its size, what it shows goes through the list, Ctrl-] leaves it, and the terminal is as before', async () => {
  const { home, id } = await workingTask()
  const launcher = join(import.meta.dirname, '../../main/microvm-orchestrator.mjs')
  const attach = `stty rows 31 cols 97; '${process.execPath}' '${launcher}' attach ${id}; echo "status $?"; stty -a | grep -o ' icanon'`
  const child = spawn('script', ['-qec', attach, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: home, MICROVM_ORCHESTRATOR_HOME: home, SHELL: '/bin/bash' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const shows = (words: string | RegExp) => expect.poll(() => shown).toMatch(words)
  await shows('Ctrl-] leaves it')
  child.stdin.write('stty size; printf "%b" "\\\\033]52;c;b3duZWQ=\\\\007[\\\\033[32mgreen\\\\033[6n]\\n"\n')
  await shows('31 97')
  await expect.poll(() => shown).toContain('[\x1b[32mgreen]')
  expect(shown).not.toContain('\x1b]52')
  expect(shown).not.toContain('\x1b[6n')
  child.stdin.write('\x1d')
  await shows('You left the shell')
  await shows(/status 0\s+ icanon/)
})
