import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { startDetached } from '../../../main/lib/processes/start-detached.ts'
import { until } from '../until.ts'

/** Real Slurm: a controller and nodes that are sets of namespaces of this machine. Its commands are in our PATH until it is disposed. */
export interface SlurmLab extends AsyncDisposable {
  /** What every node sees under this path is its own. */
  readonly scratch: string
  /** The same from outside. */
  scratchOf(node: string): string
  /** Runs a command of Slurm's and resolves with what it prints. */
  slurm(...words: readonly string[]): Promise<string>
  /** Ends a node with all that runs there, as by a loss of power. */
  kill(node: string): Promise<void>
  boot(node: string): Promise<void>
  killController(): Promise<void>
  startController(): Promise<void>
  /** Signals a process of a node by the pid that it has there. */
  signal(node: string, pid: number, signal: NodeJS.Signals): Promise<void>
}

const script = join(import.meta.dirname, 'slurm-lab.sh')
const commands = ['sbatch', 'scancel', 'scontrol', 'sinfo', 'squeue', 'srun']
const nodes = ['n1', 'n2'] as const

/** Each node has this much, whatever this machine has. */
const nodeCpus = 2
const nodeMiB = 6_000

/** @param more lines of `slurm.conf` beside those that make a cluster. */
export async function startSlurmLab(root: string, more: readonly string[] = []): Promise<SlurmLab> {
  const lab = join(root, 'slurm')
  const file = (name: string) => join(lab, name)
  for (const name of ['state', 'scratch', 'bin', ...nodes]) await mkdir(file(name), { recursive: true, mode: 0o700 })
  await writeFile(file('munge.key'), randomBytes(1024), { mode: 0o600 })
  await writeFile(file('slurm.conf'), `${configuration(lab, more).join('\n')}\n`)
  const isRoot = process.getuid?.() === 0
  const kinds = ['--net', '--uts', '--mount', '--pid', '--mount-proc', ...(isRoot ? [] : ['--map-root-user'])]
  const top = await startDetached('unshare', [...kinds, '--fork', '--kill-child', script, lab, 'up', ...nodes])
  const init = async (): Promise<string> =>
    (await readFile(`/proc/${top.pid}/task/${top.pid}/children`, 'utf8').catch(() => '')).trim()
  await until(async () => /^\d+$/.test(await init()))
  const first = await init()
  const enter = ['-t', first, ...(isRoot ? [] : ['-U', '--preserve-credentials']), '-n', '-u', '-m']
  for (const name of commands) {
    const program = (await findTool(name)) ?? name
    const line = `#!/bin/sh\nexec nsenter ${enter.join(' ')} env SLURM_CONF=${file('slurm.conf')} ${program} "$@"\n`
    await writeFile(file(`bin/${name}`), line)
    await chmod(file(`bin/${name}`), 0o755)
  }
  // Where a user of a cluster has Slurm's commands.
  const usualPath = process.env.PATH ?? ''
  process.env.PATH = `${file('bin')}:${usualPath}`
  const slurm = async (...[program = '', ...words]: readonly string[]) =>
    (await runOrThrow(file(`bin/${program}`), words)).stdout.trim()
  const inside = (...words: readonly string[]) => runOrThrow('nsenter', [...enter, '-p', ...words])
  const pidOf = (name: string) => readFile(file(`${name}.pid`), 'utf8').then((text) => text.trim())
  const states = () => slurm('sinfo', '--noheader', '--Node', '--format=%N %T').catch(() => '')
  const start = async (verb: string, name: string): Promise<void> => {
    const line = `"$0" "$1" ${verb} ${name} & echo $! >"$1/${name}.pid"`
    await startDetached('nsenter', [...enter, '-p', 'sh', '-c', line, script, lab])
  }
  await until(async () => /n1 idle[\s\S]*n2 idle/.test(await states()))
  return {
    scratch: file('scratch'),
    scratchOf: (node) => join(lab, node, 'scratch'),
    slurm,
    kill: async (node) => void (await inside('kill', '-KILL', await pidOf(node))),
    boot: (node) => start('node', node),
    killController: async () => void (await inside('sh', '-c', `pkill -KILL -P ${await pidOf('slurmctld')}`)),
    startController: () => start('controller', 'slurmctld'),
    signal: async (node, pid, signal) => {
      const children = (await inside('sh', '-c', `pgrep -P ${await pidOf(node)}`)).stdout.trim()
      await inside('nsenter', '-t', children, '-p', '-m', 'kill', `-${signal.replace('SIG', '')}`, String(pid))
    },
    [Symbol.asyncDispose]: async () => {
      process.env.PATH = usualPath
      try {
        process.kill(top.pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
      await top.ended
      await until(() => !existsSync(`/proc/${first}`))
    },
  }
}

const configuration = (lab: string, more: readonly string[]): readonly string[] => [
  ...['ClusterName=lab', 'SlurmctldHost=ctl(10.77.0.1)', 'SlurmUser=root', 'SlurmdUser=root'],
  ...['AuthType=auth/munge', `AuthInfo=socket=${lab}/munge.sock`, 'CredType=cred/munge'],
  ...[`StateSaveLocation=${lab}/state`, `SlurmdSpoolDir=${lab}/%n/spool`],
  ...[`SlurmctldPidFile=${lab}/ctld.pid`, `SlurmdPidFile=${lab}/%n/slurmd.pid`],
  // Cgroups are the host's, and not ours to use.
  ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'JobAcctGatherType=jobacct_gather/none'],
  ...[
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core_Memory',
    'MpiDefault=none',
    'SwitchType=switch/none',
  ],
  ...['AccountingStorageType=accounting_storage/none', 'EnforcePartLimits=ALL'],
  ...['SlurmdTimeout=5', 'KillWait=20', 'MinJobAge=300', 'InactiveLimit=0', 'ReturnToService=2'],
  ...['SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1', 'SlurmdParameters=config_overrides'],
  ...['PreemptType=preempt/partition_prio', 'PreemptMode=REQUEUE'],
  ...nodes.map((name, index) =>
    [
      ...[`NodeName=${name}`, 'NodeHostname=ctl', 'NodeAddr=10.77.0.1', `Port=${17_001 + index}`],
      ...[`CPUs=${nodeCpus}`, `RealMemory=${nodeMiB}`, `Feature=${name}`, `Weight=${1 + index}`, 'State=UNKNOWN'],
    ].join(' '),
  ),
  `PartitionName=main Nodes=${nodes.join(',')} Default=YES MaxTime=8:00:00 PriorityTier=1 State=UP`,
  `PartitionName=urgent Nodes=${nodes.join(',')} MaxTime=8:00:00 PriorityTier=10 State=UP`,
  `PartitionName=short Nodes=${nodes.join(',')} MaxTime=5 State=UP`,
  ...more,
]
