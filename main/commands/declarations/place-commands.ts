import { type Command, Option } from 'commander'
import { keyPlaces } from '../../core/task/task-place.ts'
import type { PlaceFlags } from '../places.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { collect } from './argument-types.ts'

/** Other machines that run tasks; a person alone says which. */
export function addPlaceCommands(program: Command, terminal: Terminal): void {
  const places = program.command('places').description('other machines that run tasks')
  places.action(() => places.outputHelp())
  places
    .command('add')
    .description('set up a machine or a cluster, and say what it lacks; again to renew its program')
    .argument('<name>', 'small letters, digits and -')
    .option('--ssh <host>', 'a machine that ssh leads to: HOST or USER@HOST, with no password to be typed')
    .option('--slurm', 'a cluster that Slurm gives jobs to')
    .option('--htcondor', 'a pool that HTCondor gives jobs to')
    .option('--login <host>', "of a cluster: where its engine's commands are, HOST or USER@HOST (default: this host)")
    .option('--partition <name>', 'with --slurm: as sbatch takes it')
    .option('--account <name>', 'with --slurm: as sbatch takes it')
    .option('--qos <name>', 'with --slurm: as sbatch takes it')
    .option('--constraint <features>', 'with --slurm: as sbatch takes it')
    .option('--requirements <expression>', 'with --htcondor: what a node must have, as a submit description says it')
    .option('--group <name>', 'with --htcondor: the accounting group')
    .option('--kubernetes', 'a namespace of a Kubernetes cluster, by kubectl')
    .option('--context <name>', 'with --kubernetes: of your kubeconfig (default: the current one)')
    .option('--namespace <name>', 'with --kubernetes: where pods run (default: that of the context)')
    .option('--image <reference>', 'with --kubernetes: the image of pods, which has our program')
    .option(
      '--device <resource>',
      'with --kubernetes: what a device plugin offers, one for each pod; repeatable (default: devices.kubevirt.io/kvm and devices.kubevirt.io/tun)',
      collect,
    )
    .option('--host-devices', 'with --kubernetes: privileged pods, with the devices of their node')
    .option(
      '--store <path>',
      'with --kubernetes: a folder of each node that outlives pods (default: /var/lib/microvm-orchestrator)',
    )
    .option('--claim <name>', 'with --kubernetes: the claim of a volume in its place')
    .option('--ssh-option <name=value>', 'an option of ssh, as ssh -o takes it; repeatable', collect)
    .addOption(
      new Option(
        '--key <where>',
        'where the API key is while tasks run there: with this host, or beside their machines',
      ).choices(keyPlaces),
    )
    .option('--node <path>', 'Node 24 on that machine (default: what its PATH has)')
    .option(
      '--folder <path>',
      'where our program goes there (default: .microvm-orchestrator-node in the home there); of a cluster every node must see it',
    )
    .option(
      '--scratch <path>',
      'of a cluster: where each node keeps its tasks, on a disk of its own (default: /var/tmp/microvm-orchestrator-UID; with --htcondor it must be named)',
    )
    .action(async (name: string, options: PlaceFlags) => {
      const { addPlaceCommand } = await import('../places.ts')
      await addPlaceCommand(terminal, name, options)
    })
  places
    .command('list')
    .description('list the places')
    .action(async () => {
      const { listPlacesCommand } = await import('../places.ts')
      await listPlacesCommand(terminal)
    })
  places
    .command('remove')
    .description('forget a place; its tasks go on and come home')
    .argument('<name>')
    .action(async (name: string) => {
      const { removePlaceCommand } = await import('../places.ts')
      await removePlaceCommand(terminal, name)
    })
  places
    .command('doctor')
    .description('say what a place lacks for a task')
    .argument('<name>')
    .action(async (name: string) => {
      const { doctorPlaceCommand } = await import('../places.ts')
      await doctorPlaceCommand(terminal, name)
    })
}
