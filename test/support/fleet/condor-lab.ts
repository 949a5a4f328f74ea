import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { until } from '../until.ts'
import type { ClusterLab, JobWord } from './cluster-lab.ts'
import { condorRoot } from './condor-root.ts'
import { startNamespaceLab } from './namespace-lab.ts'

const script = join(import.meta.dirname, 'condor-lab.sh')
const checkout = join(import.meta.dirname, '../../..')
const commands = [
  ...['condor_hold', 'condor_q', 'condor_release', 'condor_rm', 'condor_ssh_to_job', 'condor_status', 'condor_submit'],
  'condor_vacate_job',
  // Who this user is there, where all of these run.
  'whoami',
]
const nodes = ['n1', 'n2'] as const

/** Each node has this much, whatever this machine has. */
const nodeCpus = 2
const nodeMiB = 6_000

/**
 * Real HTCondor on this machine, in a Debian of its own: a submit host, and nodes that run jobs as the user `lab`, since HTCondor takes none of root.
 * What the program of a place needs is seen there under its own path: the checkout, Node, and the folder of the test.
 * @param seen further folders that are seen there, as PATH or as PATH=PATH-THERE: that of the program of the place.
 * @param more lines of the configuration beside those that make a pool.
 */
export async function startCondorLab(
  root: string,
  seen: readonly string[],
  more: readonly string[] = [],
): Promise<ClusterLab> {
  const lab = join(root, 'condor')
  await mkdir(lab, { recursive: true })
  for (const folder of [root, lab]) await chmod(folder, 0o711) // HTCondor's daemons and the user are others than we.
  const config = join(lab, 'condor_config')
  await writeFile(config, `${[...configuration, ...more].join('\n')}\n`)
  const user = ['env', `CONDOR_CONFIG=${config}`, 'HOME=/home/lab', 'PATH=/usr/bin:/bin']
  const asUser = [...user, 'setpriv', '--reuid=1000', '--regid=1000', '--clear-groups']
  const folders = [...new Set([checkout, dirname(process.execPath), root, ...seen])]
  const started = await startNamespaceLab({
    ...{ lab, script, nodes, scratch: '/scratch', hasRoot: true },
    up: [condorRoot(), ...folders, '--', ...nodes],
    commands: Object.fromEntries(commands.map((name) => [name, [...asUser, name]])),
  })
  const states = () => started.command('condor_status', '-autoformat', 'Machine', 'State').catch(() => '')
  await until(async () => /n1 Unclaimed[\s\S]*n2 Unclaimed/.test(await states()))
  const { command, inside, pidOf } = started
  const admin = (...words: readonly string[]) =>
    inside('env', '-i', `CONDOR_CONFIG=${config}`, 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...words)
  const stateOf = (node: string) => command('condor_status', '-constraint', `Name == "slot1@${node}"`, '-af', 'State')
  const onNode = async (node: string, ...words: readonly string[]) =>
    void (await inside('nsenter', '-t', await inside('pgrep', '-P', await pidOf(node)), '-p', '-m', ...words))
  return {
    ...started,
    kept: ['ctl/spool', 'ctl/log', 'n1/log', 'n1/execute', 'n2/log', 'n2/execute'].map((name) => join(lab, name)),
    words: {
      ...{ full: /^(idle|no match found)$/, barred: /^no match found$/, gone: /^(idle|no match found)$/ },
      ...{ cancelled: 'via condor_rm (by user condor)', lost: 'Job disconnected too long' },
    },
    jobs: async () => {
      const lines = await command(
        'condor_q',
        '-constraint',
        'MvoTask =!= undefined',
        '-af',
        'MvoTask',
        'JobStatus',
        'ExitCode',
      )
      return lines.split('\n').flatMap((line) => {
        const [seat = '', status = '', exit = ''] = line.split(' ')
        return seat === '' ? [] : [{ seat, state: exit === '1' && status === '4' ? 'cut' : (words[status] ?? 'cut') }]
      })
    },
    fill: async () => {
      const file = join(lab, 'fill.sub')
      await writeFile(
        file,
        `executable = /bin/sleep\narguments = 1000\ntransfer_executable = false\nrequest_cpus = ${nodeCpus}\nqueue 2\n`,
      )
      const job = (await command('condor_submit', '-terse', file)).split('.')[0] ?? ''
      await until(async () => (await command('condor_q', job, '-af', 'JobStatus')) === '2\n2')
      return async () => void (await command('condor_rm', job))
    },
    bar: async (node) => {
      await admin('condor_drain', `slot1@${node}`)
      await until(async () => (await stateOf(node)) === 'Drained')
      return async () => {
        await admin('condor_drain', '-cancel', `slot1@${node}`)
        await until(async () => (await stateOf(node)) === 'Unclaimed')
      }
    },
    cancel: async (seat) => void (await admin('condor_rm', '-constraint', `MvoTask == "${seat}"`)),
    cut: (_seat, node) => onNode(node, 'pkill', '-KILL', '-x', 'sshd'),
    // What ends the job's own clock.
    expire: (_seat, node) => onNode(node, 'pkill', '-ALRM', '-x', 'timeout'),
    killController: async () => {
      // Each of its parts, which would otherwise end in order.
      const tree = 'for each in $(pgrep -P "$1"); do sh -c "$0" "$0" "$each"; done; kill -KILL "$1"'
      await inside('sh', '-c', tree, tree, await pidOf('controller'))
    },
  }
}

/** https://htcondor.readthedocs.io/en/latest/classad-attributes/job-classad-attributes.html */
const words: Readonly<Record<string, JobWord>> = { 1: 'waits', 2: 'runs', 3: 'cancelled', 4: 'done', 6: 'ends' }

const configuration: readonly string[] = [
  ...['CONDOR_HOST = ctl', 'COLLECTOR_NAME = lab', 'UID_DOMAIN = lab', 'TRUST_UID_DOMAIN = True'],
  // As in a pool whose machines share no files.
  'FILESYSTEM_DOMAIN = $(FULL_HOSTNAME)',
  ...['RELEASE_DIR = /usr', 'ETC = /etc/condor', 'LIB = /usr/lib/condor', 'LIBEXEC = /usr/libexec/condor'],
  ...['LOCAL_DIR = /var/lib', 'MAIL = /bin/true', 'RUNBENCHMARKS = False'],
  ...['LOG', 'RUN', 'LOCK', 'SPOOL', 'EXECUTE'].map((name) => `${name} = $(LOCAL_DIR)/${name.toLowerCase()}`),
  // Each of the pool's machines has an address of its own.
  'BIND_ALL_INTERFACES = False',
  // They share a network all the same, and take each other for processes of one machine.
  'SEC_USE_FAMILY_SESSION = False',
  'SEC_DEFAULT_AUTHENTICATION_METHODS = FS',
  ...['READ', 'WRITE', 'DAEMON', 'NEGOTIATOR', 'ADMINISTRATOR'].map((name) => `ALLOW_${name} = *`),
  // The kernel's settings and the cgroups are the host's, and not ours to use.
  ...['ENABLE_KERNEL_TUNING = False', 'LINUX_KERNEL_TUNING_SCRIPT =', 'BASE_CGROUP ='],
  ...['UPDATE_INTERVAL', 'NEGOTIATOR_INTERVAL', 'SCHEDD_INTERVAL'].map((name) => `${name} = 2`),
  ...['NEGOTIATOR_CYCLE_DELAY = 1', 'NEGOTIATOR_MIN_INTERVAL = 1', 'SCHEDD_MIN_INTERVAL = 1'],
  ...['PERIODIC_EXPR_INTERVAL = 5', 'STARTER_UPDATE_INTERVAL = 5'],
  ...[`NUM_CPUS = ${nodeCpus}`, `MEMORY = ${nodeMiB}`, 'START = True', 'PREEMPT = False'],
  ...['NUM_SLOTS_TYPE_1 = 1', 'SLOT_TYPE_1 = 100%', 'SLOT_TYPE_1_PARTITIONABLE = True'],
  // Shorter than we ask for, as an administrator may make it.
  ...['JOB_TRANSFORM_NAMES = lease', 'JOB_TRANSFORM_lease @=end', 'SET JobLeaseDuration 20', '@end'],
]
