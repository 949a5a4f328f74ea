import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import { until } from '../until.ts'
import type { ClusterLab, JobWord } from './cluster-lab.ts'
import { startNamespaceLab } from './namespace-lab.ts'

/** The states of Slurm in the words of all engines. */
const states: Readonly<Record<string, JobWord>> = {
  ...{ PENDING: 'waits', RUNNING: 'runs', COMPLETING: 'ends', COMPLETED: 'done', CANCELLED: 'cancelled' },
}

const script = join(import.meta.dirname, 'slurm-lab.sh')
const commands = ['sbatch', 'scancel', 'scontrol', 'sinfo', 'squeue', 'srun']
const nodes = ['n1', 'n2'] as const

/** Each node has this much, whatever this machine has. */
const nodeCpus = 2
const nodeMiB = 6_000

/**
 * Real Slurm on this machine.
 * @param more lines of `slurm.conf` beside those that make a cluster.
 * @param accounts commands of `sacctmgr` that make accounts and limits; without any, Slurm keeps none.
 */
export async function startSlurmLab(
  root: string,
  more: readonly string[] = [],
  accounts: readonly string[] = [],
): Promise<ClusterLab> {
  const lab = join(root, 'slurm')
  const config = join(lab, 'slurm.conf')
  const scratch = join(lab, 'scratch')
  for (const folder of [join(lab, 'state'), scratch]) await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(lab, 'munge.key'), randomBytes(1024), { mode: 0o600 })
  const kept = accounts.length === 0 ? ['AccountingStorageType=accounting_storage/none'] : accounting(lab)
  await writeFile(config, `${[...configuration(lab), ...kept, ...more].join('\n')}\n`)
  if (accounts.length > 0) {
    await writeFile(join(lab, 'slurmdbd.conf'), `${database(lab).join('\n')}\n`, { mode: 0o600 })
    await writeFile(join(lab, 'accounts'), `${accounts.join('\n')}\n`)
  }
  const programs = commands.map(async (name) => [name, ['env', `SLURM_CONF=${config}`, (await findTool(name)) ?? name]])
  const parts = { lab, script, scratch, up: nodes, nodes, commands: Object.fromEntries(await Promise.all(programs)) }
  const started = await startNamespaceLab(parts)
  const { command } = started
  const idle = () => started.command('sinfo', '--noheader', '--Node', '--format=%N %T').catch(() => '')
  await until(async () => /n1 idle[\s\S]*n2 idle/.test(await idle()))
  const drain = async (...states: readonly string[]) => void (await command('scontrol', 'update', ...states))
  const byName = (seat: string) => command('squeue', '--noheader', '--sort=i', `--name=mvo-${seat}`, '--format=%i')
  return {
    ...started,
    kept: ['state', 'n1/spool', 'n2/spool'].map((name) => join(lab, name)),
    words: {
      full: /^(Resources|Priority)$/,
      barred: /DOWN|NotAvail/,
      gone: /DOWN|NotAvail/,
      cancelled: 'CANCELLED',
      lost: 'NODE_FAIL',
    },
    jobs: async () => {
      const lines = await command('squeue', '--noheader', '--states=all', '--format=%j %T')
      return lines.split('\n').flatMap((line) => {
        const [, seat, state = ''] = /^mvo-(\S+) (\S+)$/.exec(line) ?? []
        return seat === undefined ? [] : [{ seat, state: states[state] ?? 'cut' }]
      })
    },
    fill: async () => {
      const words = ['--parsable', '--job-name=other', '--nodes=2', '--exclusive', '--output=/dev/null']
      const job = await command('sbatch', ...words, '--wrap=sleep 1000')
      return async () => void (await command('scancel', job))
    },
    bar: async (node) => {
      await drain(`NodeName=${node}`, 'State=DRAIN', 'Reason=mended')
      return async () => {
        await drain(`NodeName=${node}`, 'State=RESUME')
        await until(async () =>
          /^(idle\s*)+$/.test(await command('sinfo', '-h', '-N', `--nodes=${node}`, '--format=%T')),
        )
      }
    },
    cancel: async (seat) => void (await command('scancel', `--name=mvo-${seat}`)),
    cut: async (seat) => {
      const steps = () => command('squeue', '--steps', '--noheader', '--format=%i %j')
      const ofJob = new RegExp(`^${await byName(seat)}\\.\\d+(?= )`, 'm')
      await until(async () => ofJob.test(await steps()))
      await command('scancel', ofJob.exec(await steps())?.[0] ?? '')
    },
    expire: async (seat) => drain(`JobId=${await byName(seat)}`, 'TimeLimit=1'),
    killController: async () => void (await started.inside('pkill', '-KILL', '-P', await started.pidOf('controller'))),
  }
}

const configuration = (lab: string): readonly string[] => [
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
  'EnforcePartLimits=ALL',
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
]

const accounting = (lab: string): readonly string[] => [
  ...['AccountingStorageType=accounting_storage/slurmdbd', 'AccountingStorageHost=ctl'],
  ...[`AccountingStoragePass=${lab}/munge.sock`, 'AccountingStorageEnforce=limits,qos'],
]

const database = (lab: string): readonly string[] => [
  ...['DbdHost=ctl', 'DbdAddr=10.77.0.1', 'SlurmUser=root', 'AuthType=auth/munge', `AuthInfo=socket=${lab}/munge.sock`],
  ...['StorageType=accounting_storage/mysql', 'StorageHost=127.0.0.1', 'StorageUser=slurm', 'StorageLoc=slurm'],
  ...[`PidFile=${lab}/slurmdbd.pid`, `LogFile=${lab}/slurmdbd.log`],
]
