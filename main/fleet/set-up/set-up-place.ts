import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { hostOf, type NewPlace, type Place } from '../../core/task/task-place.ts'
import { resourceDirectory } from '../../lib/files/paths.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { run, runOrThrow } from '../../lib/processes/spawn.ts'
import { onHost } from '../jobs/on-host.ts'
import { unreachablePlace } from '../jobs/unreachable-place.ts'
import { sshEnvironment } from '../ssh/ssh-command.ts'

/** Absolute paths of that machine; those left out are found there. */
export interface ProgramPaths {
  /** Node; default: the first that its PATH has. */
  readonly node?: string
  /** Where our program goes; default: `.microvm-orchestrator-node` in the home there. On a cluster every node must see it. */
  readonly folder?: string
  /** Of a cluster: where each node keeps its tasks, on a disk of its own; default: `/var/tmp/microvm-orchestrator-UID`. */
  readonly scratch?: string
}

/** What a place needs of our package. */
const parts = ['dist/node.js', 'dist/worker.js', 'dist/gateway/gateway.js', 'nix', 'package.json']

const copyMs = 5 * 60_000
const neededMajor = 24

/**
 * Takes the program from its input to where it stays, under the hash of what it is: tasks go on with the one that they began with. Then says
 * in one line where that is, what runs it, and where nodes of a cluster would keep their tasks.
 */
const script = `set -eu
umask 077
folder=\${2:-$HOME/.microvm-orchestrator-node}
mkdir -p "$folder/program/$1.new"
tar -xof - -C "$folder/program/$1.new"
if [ -d "$folder/program/$1" ]; then rm -rf "$folder/program/$1.new"; else mv "$folder/program/$1.new" "$folder/program/$1"; fi
node=\${3:-$(command -v node || true)}
version=none
if [ -n "$node" ]; then version=$("$node" --version 2>/dev/null || echo none); fi
scratch=/var/tmp/microvm-orchestrator-$(id -u)
printf 'microvm-orchestrator-place\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$(uname -s)" "$version" "$node" "$(cd "$folder" && pwd -P)" "$scratch"
`

/** Where nodes have our program because an image brings it. */
const imageProgram = '/usr/local/bin/microvm-orchestrator-node'
/** Where pods find their store. */
const imageStore = '/var/lib/microvm-orchestrator'

/**
 * Copies our program to the machine and finds what runs it there. No root is needed, and nothing is started. Images have it already.
 * @throws AppError('place-unreachable'), or 'host-incomplete' for a machine that cannot run it.
 */
export async function setUpPlace(
  place: NewPlace,
  paths: ProgramPaths,
  root = resourceDirectory(),
): Promise<Place['command']> {
  if (place.kind === 'kubernetes') return [imageProgram, imageStore]
  const archive = await packProgram(root)
  const key = createHash('sha256').update(archive).digest('hex').slice(0, 16)
  const words = ['sh', '-c', script, 'sh', key, paths.folder ?? '', paths.node ?? '']
  const options = { env: sshEnvironment(), input: archive, timeoutMs: copyMs, outputLimitBytes: 1024 ** 2 }
  const { ok, stdout, stderr, problem } = await run(...onHost(hostOf(place), words), options)
  if (!ok) throw unreachablePlace(place, stderr || (problem ?? ''))
  const line = stdout.split('\n').find((each) => each.startsWith('microvm-orchestrator-place\t'))
  const [, system = '', version = '', node = '', folder = '', scratch = ''] = (line ?? '').split('\t')
  if (system !== 'Linux')
    throw lacks(
      place,
      `it is a machine of ${singleLineText(system).slice(0, 40) || 'a kind that is not told'}`,
      'A place is a Linux machine',
    )
  if (Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) < neededMajor) {
    const has = version === 'none' ? 'has no Node' : `has Node ${singleLineText(version).slice(0, 40)}`
    throw lacks(place, `it ${has}, and needs ${neededMajor}`, 'Install it there, or name it: --node /PATH/TO/node')
  }
  const program = [node, `${folder}/program/${key}/dist/node.js`] as const
  return place.kind === 'ssh' ? program : [...program, paths.scratch ?? scratch]
}

const lacks = ({ name }: Pick<NewPlace, 'name'>, why: string, hint: string): AppError =>
  new AppError('host-incomplete', `The place ${name} cannot run tasks: ${why}`, { hint })

/** The same for the same program: dates and owners are not part of it. */
async function packProgram(root: string): Promise<Buffer> {
  const missing = parts.find((part) => !existsSync(join(root, part)))
  if (missing !== undefined)
    throw new AppError('host-incomplete', `The program for places is not there: ${join(root, missing)}`, {
      hint: 'In a checkout, run: npm run build',
    })
  const steady = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const isGnu = (await run('tar', ['--version'])).stdout.includes('GNU')
  const env = { ...sshEnvironment(), COPYFILE_DISABLE: '1' }
  const { stdout } = await runOrThrow('tar', [...(isGnu ? steady : []), '-cf', '-', '-C', root, ...parts], {
    env,
    encoding: 'latin1',
  })
  return Buffer.from(stdout, 'latin1')
}
