import { expect, test } from 'vitest'
import { applyRemedies } from '../../../main/machines/host/host-packages.ts'
import { installLine, packageManagers } from '../../../main/machines/host/package-managers.ts'
import { packageProblem } from '../../../main/machines/host/package-problem.ts'

const managerOf = (tool: string) => packageManagers.find((manager) => manager.tool === tool) ?? null
const needed = ['qemu-system-x86', 'iproute2', 'uidmap', 'xz-utils'] as const

test.each([
  ['apt-get', 'apt-get install -y --no-install-recommends qemu-system-x86 iproute2 uidmap xz-utils'],
  ['dnf', 'dnf install -y qemu-system-x86-core iproute shadow-utils xz'],
  ['pacman', 'pacman -S --needed --noconfirm qemu-system-x86 iproute2 shadow xz'],
  ['zypper', 'zypper --non-interactive install qemu-x86 iproute2 shadow xz'],
  ['apk', 'apk add qemu-system-x86_64 iproute2 shadow-subids xz'],
])('%s installs by its own names, for root and with sudo', (tool, line) => {
  expect(installLine(needed, managerOf(tool), true)).toBe(line)
  expect(installLine(needed, managerOf(tool), false)).toBe(`sudo ${line}`)
})

test('what a manager does not have is named, never asked of it', () => {
  const line = installLine(['zstd', 'mmdebstrap'], managerOf('pacman'), true)
  expect(line).toBe('pacman -S --needed --noconfirm zstd; and install by hand what has these programs: mmdebstrap')
  expect(installLine(['mmdebstrap'], managerOf('apk'), true)).toBe(
    'Install by hand what has these programs: mmdebstrap',
  )
  expect(installLine(['zstd', 'jq'], null, true)).toBe('Install by hand what has these programs: zstd jq')
})

test('only a manager that was tried from nothing is run; the others are refused with the line to run', async () => {
  expect(packageManagers.filter(({ tried }) => tried).map(({ tool }) => tool)).toEqual(['apt-get'])
  const problem = packageProblem('zstd-missing', 'zstd is missing', 'zstd')
  const said: string[] = []
  for (const manager of [...packageManagers.filter(({ tried }) => !tried), null]) {
    const options = { manager, onProgress: (line: string) => said.push(line) }
    await expect(applyRemedies([problem], options, new AbortController().signal)).rejects.toMatchObject({
      code: 'host-incomplete',
      hint: `${installLine(['zstd'], manager)}. Then try again`,
    })
  }
  expect(said.filter((line) => line.startsWith('Installing'))).toEqual([])
})
