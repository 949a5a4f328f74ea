import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  addPlaceCommand,
  doctorPlaceCommand,
  listPlacesCommand,
  removePlaceCommand,
} from '../../main/commands/places.ts'
import { processTerminal } from '../../main/commands/terminal/terminal.ts'
import { sshEngine } from '../../main/fleet/ssh/ssh-engine.ts'
import { findPlace } from '../../main/settings/places.ts'
import { runCommand } from '../support/command-line.ts'
import { builtPackage } from '../support/fleet/built-package.ts'
import { atSsh, jobFor } from '../support/fleet/job.ts'
import { startSshd } from '../support/fleet/sshd.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a machine that ssh leads to becomes a place by one command, which copies the program and asks its doctor', async () => {
  const root = await temporaryFolder()
  await using sshd = await startSshd(root)
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  const said: string[] = []
  const terminal = { ...processTerminal(home), say: (line: string) => void said.push(line), note: () => undefined }
  const program = await builtPackage(join(root, 'package'))
  const folder = join(root, 'node')
  const place = { ssh: sshd.host, sshOption: sshd.options, folder }
  // Whether a task could run depends on this machine: the place is kept in any case, and the last word says which.
  const verdict = (act: Promise<void>) =>
    act.then(
      () => said.at(-1),
      (error: Error) => error.message,
    )

  const added = await verdict(addPlaceCommand(terminal, 'desk', { ...place, node: process.execPath }, program))
  expect(added).toMatch(/^The place desk can(not)? run tasks/)
  expect(said[0]).toBe('Added: desk')
  expect(await verdict(doctorPlaceCommand(terminal, 'desk'))).toBe(added)
  const [key = ''] = await readdir(join(folder, 'program'))
  const { homeKey, ...found } = await findPlace(home, 'desk')
  expect(found.command).toEqual([process.execPath, join(folder, 'program', key, 'dist', 'node.js')])

  await verdict(addPlaceCommand(terminal, 'desk', { ...place, node: process.execPath }, program))
  expect(await readdir(join(folder, 'program'))).toEqual([key])

  const seat = `${homeKey}-0b0b0b0b`
  const engine = sshEngine(atSsh(found), homeKey)
  const signal = AbortSignal.timeout(60_000)
  await engine.submit(jobFor(seat), signal)
  expect((await engine.look(signal)).get(seat)).toMatchObject({ kind: 'running' })
  await engine.cancel(seat, signal)
  await expect.poll(() => readdir(join(folder, 'seats')), { timeout: 30_000 }).toEqual([])

  said.length = 0
  await listPlacesCommand(terminal)
  expect(said).toEqual([expect.stringContaining(`  desk: ssh ${sshd.host}`)])
  await removePlaceCommand(terminal, 'desk')
  await expect(removePlaceCommand(terminal, 'desk')).rejects.toThrow("There is no place 'desk'")

  const old = join(root, 'old-node')
  await writeFile(old, '#!/bin/sh\necho v20.1.0\n')
  await chmod(old, 0o755)
  await expect(addPlaceCommand(terminal, 'old', { ...place, node: old }, program)).rejects.toThrow(
    'The place old cannot run tasks: it has Node v20.1.0, and needs 24',
  )
  sshd.cut()
  await expect(addPlaceCommand(terminal, 'away', place, program)).rejects.toMatchObject({ code: 'place-unreachable' })
})

test('what ssh would take for an option, or a shell for more than a word, names no place', async () => {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  const add = (...args: readonly string[]) => runCommand(['places', 'add', ...args], { home })
  for (const args of [
    ['Desk', '--ssh', 'desk'],
    ['desk', '--ssh=-oProxyCommand=touch /tmp/x'],
    ['desk', '--ssh', 'desk; touch /tmp/x'],
    ['desk', '--ssh', 'desk', '--ssh-option', 'no value'],
    ['desk', '--ssh', 'desk', '--folder', 'relative'],
  ]) {
    const { exitCode, stderr } = await add(...args)
    expect(exitCode, args.join(' ')).toBe(1)
    expect(stderr).toMatch(/^Error: /)
  }
  expect(await readdir(home)).toEqual([])
})
