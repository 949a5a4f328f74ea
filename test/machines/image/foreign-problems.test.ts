import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { foreignProblems } from '../../../main/machines/image/foreign-problems.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A host with these programs alone, whose kernel has this entry for ARM. */
async function host(programs: readonly string[], entry?: string) {
  const folder = await temporaryFolder()
  const [bin, list] = [join(folder, 'bin'), join(folder, 'list')]
  for (const each of [bin, list]) await mkdir(each)
  for (const name of programs) {
    await writeFile(join(bin, name), '#!/bin/sh\n')
    await chmod(join(bin, name), 0o755)
  }
  if (entry !== undefined) await writeFile(join(list, 'qemu-aarch64'), entry)
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('PATH', bin)
  return { own: 'x64', list }
}
const programs = ['qemu-aarch64-static', 'update-binfmts', 'arch-test']
const entry = (state: string, flags: string) =>
  `${state}\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: ${flags}\noffset 0\n`

test("a guest of the host's own processor needs no emulator", async () => {
  expect(await foreignProblems('x64', await host([]))).toEqual([])
})

test('an emulator that is missing is a package, one that the kernel does not know a command, and both can be done for the user', async () => {
  expect(await foreignProblems('arm64', await host([]))).toMatchObject([
    {
      code: 'emulator-missing',
      remedy: { kind: 'packages', names: ['qemu-user-static', 'binfmt-support', 'arch-test'] },
    },
  ])
  expect(await foreignProblems('arm64', await host(programs))).toMatchObject([
    { code: 'emulator-off', remedy: { kind: 'command', command: ['update-binfmts', '--enable', 'qemu-aarch64'] } },
  ])
})

test.for([
  ['enabled', 'PF', []],
  ['disabled', 'PF', ['emulator-off']],
  // Looked for by its path in each root, where it is not.
  ['enabled', 'P', ['emulator-off']],
] as const)('an entry that is %s with the flags %s', async ([state, flags, expected]) => {
  const found = await foreignProblems('arm64', await host(programs, entry(state, flags)))
  expect(found.map(({ code }) => code)).toEqual(expected)
})
