import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A host of its own: root of a namespace, with lists of apt and a mmdebstrap that nobody else sees. */
const inAHostOfItsOwn = `
set -e
folder=$1 script=$2
mount -t tmpfs lists /var/lib/apt
mkdir -p /var/lib/apt/lists
for name in a b c; do echo "$name" >"/var/lib/apt/lists/$name"; done
mount -t tmpfs programs /usr/local/sbin
cp "$folder/mmdebstrap" /usr/local/sbin/
before=$(ls /var/lib/apt/lists; ls /etc/apt)
ARCHITECTURE=amd64 SUITE=s MIRROR=m SOURCE_DATE_EPOCH=1 CLAUDE_PACKAGE="$folder/claude.tgz" NPM_PACKAGE="$folder/claude.tgz" DEVCONTAINERS_PACKAGE="$folder/claude.tgz" bash "$script" "$folder/output"
after=$(ls /var/lib/apt/lists; ls /etc/apt)
[ "$before" = "$after" ] && echo UNTOUCHED
`

/** What mmdebstrap's closing calls of apt do to a host when its own configuration is gone, and worse. */
const ruthless = `#!/bin/bash
rm -rf /var/lib/apt/lists/* && echo LISTS GONE
touch /etc/apt/apt.conf.d/99-ours && echo WRITTEN
touch /usr/ours /var/cache/apt/ours && echo WRITTEN
[ -w "$TMPDIR" ] && [ "$(cat "$TMPDIR/.image/claude")" = claude ] && echo HAS ITS PLACE
for name in vmlinux initrd.img root.erofs kernel-version; do echo made >"$TMPDIR/$name"; done
`

test('whatever a build of root does, it cannot touch the lists of the host, nor anything but its folder', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'output'))
  await mkdir(join(folder, 'package'))
  await writeFile(join(folder, 'package/claude'), 'claude')
  await writeFile(join(folder, 'mmdebstrap'), ruthless, { mode: 0o755 })
  await run('tar', ['-czf', 'claude.tgz', 'package'], { cwd: folder })
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const script = join(packageDirectory(), 'nix/debian/build-image.sh')
  const args = [...asRoot, '--mount', 'bash', '-c', inAHostOfItsOwn, 'bash', folder, script]
  const { ok, stdout, stderr } = await run('unshare', args)
  expect(ok, stdout + stderr).toBe(true)
  expect(stdout).toContain('HAS ITS PLACE')
  expect(stdout).not.toMatch(/LISTS GONE|WRITTEN/)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('UNTOUCHED')
  expect(await readFile(join(folder, 'output/root.erofs'), 'utf8')).toBe('made\n')
})

test("nothing in the guest's root is deleted while mmdebstrap still works in it", async () => {
  const script = await readFile(join(packageDirectory(), 'nix/debian/customize-root.sh'), 'utf8')
  const deletions = script.split('\n').filter((line) => /\brm\b/.test(line))
  // Its own work folder, and three files of the root that it rewrites.
  for (const line of deletions) expect(line).toMatch(/"\$work\/|"\$root\/etc\/(resolv\.conf|machine-id)"/)
  expect(script).not.toMatch(/rm [^\n]*\$root"?\/tmp/)
})
