import { readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { offlineFlake } from '../support/git/repositories.ts'
import { until } from '../support/until.ts'

/** Each build of it is another one, so that what it says tells which build a slot has. */
const stamped = offlineFlake.replace(
  'PROJECT_SHELL = "entered";',
  `PROJECT_SHELL = "entered";
          STAMP = derivation {
            name = "stamp";
            inherit system;
            builder = "/bin/bash";
            args = [ "-c" "read -r id </proc/sys/kernel/random/uuid; echo $id >$out" ];
          };`,
)

const look = 'cat $STAMP'
/** What an agent can do to the store of its machine, and to the disk below it. */
const spoil = [
  'cat $STAMP; ls -d /nix/.prepared/store >/dev/null && echo laid',
  'chmod u+w /nix/store $STAMP; echo spoilt >$STAMP',
  'cat $STAMP; mv /nix/var/nix/db/db.sqlite /nix/var/nix/db/away',
  'for each in /nix/.prepared /nix/.prepared/var /dev/disk/by-id/virtio-environment /dev/vd?; do',
  '  { echo spoilt >$each/spoilt || echo spoilt >$each; } 2>/dev/null && echo "$each was written"',
  'done; echo tried',
].join('\n')

test('an environment is built once in a machine without an agent, every slot has it, and no guest can spoil it', async () => {
  const said: string[] = []
  const one = (command: string) =>
    sequence(
      () => bash(command),
      ({ results }: History) => {
        said.push(results.at(-1)?.text ?? '')
        return say('Done.')
      },
    )
  await using api = await startScriptedApi({ scripts: { look: one(look), spoil: one(spoil) } })
  const {
    home,
    runTask,
    until: reached,
  } = await startOrchestra({
    apiUrl: api.url,
    flake: stamped,
    repositories: { app: { 'README.md': 'x\n' } },
    settings: { prepareEnvironments: true },
  })
  const ended = async (script: string) => {
    const id = await runTask('app', `Work. [script: ${script}]`)
    expect(await reached(id, 'finished')).toMatchObject({ status: 'completed', error: null })
  }
  await ended('look')
  const prepared = join(home, 'prepared')
  const names = async () => await readdir(prepared, { recursive: true }).catch(() => [])
  await until(async () => (await names()).some((name) => /\.(img|failed)$/.test(name) && !name.includes('work/')))
  const [disk] = (await names()).filter((name) => name.endsWith('.img'))
  expect(disk, String(await names())).toMatch(/^[0-9a-f]{16}\/[0-9a-f]{20}\.img$/)
  const path = join(prepared, disk ?? '')
  const before = await digest(path)
  expect((await stat(path)).mode & 0o777).toBe(0o444)

  // The slot that built its own has the prepared one now, and does to it what it can.
  await ended('spoil')
  const [own, spoilt = ''] = said
  const [first, ...rest] = spoilt.split('\n')
  expect(first).toMatch(/^[0-9a-f-]{36}$/)
  expect(first).not.toBe(own?.trim())
  expect(rest).toEqual(['laid', 'spoilt', 'tried'])
  expect(await digest(path)).toBe(before)

  // Blank disks are those of a slot that has never had a task.
  await rename(join(home, 'slots'), join(home, 'slots-before'))
  await ended('look')
  expect(said.at(-1)?.trim()).toBe(first)
  expect(await digest(path)).toBe(before)
})

/** Of what the sparse file holds; when it was borrowed last does not count. */
async function digest(path: string): Promise<string> {
  const { stdout } = await runOrThrow('sh', ['-c', 'tar --sparse --mtime=@0 -cPf - "$1" | sha256sum', 'digest', path])
  return stdout
}
